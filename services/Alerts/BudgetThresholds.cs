using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// The score that a team's budget asks for, by the risk in the manifest of the model that scored. The champion is looked up again when another
/// model has scored.
/// While its manifest cannot be read, every team has the model's own threshold; the hard bound of <see cref="BudgetGate"/> holds all the same.
/// </summary>
internal sealed class BudgetThresholds(AlertOptions options, IModelRegistry registry, TimeProvider time, ILogger<BudgetThresholds> logger)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);

    private (string? Version, double? Risk) _model;
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;

    /// <summary>The score for each team's series, for the model that scored a batch.</summary>
    public async Task<Func<SeriesIdentity, double>> ForModelAsync(string? version, CancellationToken cancellationToken)
    {
        if (version is not null && version != _model.Version && time.GetUtcNow() >= _notBefore)
            await ReadAsync(version, cancellationToken);
        return Of(_model.Risk, options.Alerts);
    }

    /// <summary>The score for each team's series.</summary>
    /// <param name="risk">Of the model's manifest; without it every team has the model's own threshold.</param>
    public static Func<SeriesIdentity, double> Of(double? risk, AlertsConfiguration alerts) =>
        series => risk is { } q ? Core.Ensemble.AlertBudget.OpenScore(q, alerts.BudgetOf(BudgetGate.TeamOf(series)).PerDay) : 1;

    private async Task ReadAsync(string version, CancellationToken cancellationToken)
    {
        try
        {
            if (
                await registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Champion, cancellationToken) is { } champion
                && champion.Version == version
            )
            {
                var files = await registry.DownloadAsync(champion, cancellationToken);
                _model = (version, Core.Models.ModelManifest.FromJson(files[Core.Models.ModelManifest.FileName]).Risk);
                logger.LogInformation("model v{Version}: the budgets' thresholds follow its risk {Risk:0.0e0}", version, _model.Risk);
                return;
            }
        }
        catch (Exception e) when (e is RegistryException or InvalidDataException or KeyNotFoundException or IOException)
        {
            logger.LogWarning("model v{Version}: {Message}; every team has the model's own threshold until its manifest is read", version, e.Message);
        }
        _notBefore = time.GetUtcNow() + AskAgain;
    }
}
