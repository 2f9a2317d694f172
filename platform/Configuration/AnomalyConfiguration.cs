using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Everything that <c>anomaly.yaml</c> can say. Only the URL has no default.</summary>
/// <param name="Preset">Groups of preset queries to try; the server's own metrics decide which apply. Default all.</param>
/// <param name="Reader">Where samples come from.</param>
/// <param name="Schedulers">When models are fitted. Default one, <c>daily</c>.</param>
/// <param name="Alerts">How often and where to alert.</param>
/// <param name="Series">How much of the world is remembered.</param>
public sealed record AnomalyConfiguration(
    PresetGroups Preset,
    ReaderConfiguration Reader,
    SchedulersConfiguration Schedulers,
    AlertsConfiguration Alerts,
    SeriesLimits Series
)
{
    /// <summary>What <c>--prometheus URL</c> without a file means.</summary>
    public static AnomalyConfiguration ForUrl(Uri url) =>
        new(
            PresetGroups.Kubernetes,
            new ReaderConfiguration(new PrometheusOptions { Url = url }, ReaderConfiguration.DefaultStep, []),
            SchedulersConfiguration.Default,
            AlertsConfiguration.Default,
            SeriesLimits.Default
        );

    /// <summary>Every key that the file may have, names that its writer chooses written as <c>*</c>: <c>alerts.budget.*</c>.</summary>
    public static IReadOnlyCollection<string> Keys => ConfigurationReader.Keys;

    /// <summary>Reads a file; all that is wrong with it is reported, not only the first.</summary>
    public static ConfigurationResult Load(string path) => Load(path, Environment.GetEnvironmentVariable);

    /// <summary>As <see cref="Load(string)"/>, with another source for <c>%{VAR}</c>.</summary>
    public static ConfigurationResult Load(string path, Func<string, string?> environment)
    {
        var (text, error) = ConfigurationFile.Read(path);
        return text is null ? new(null, [error!]) : ConfigurationReader.Read(text, path, environment);
    }
}

/// <summary>Where samples come from.</summary>
/// <param name="Prometheus">The server and how to log in.</param>
/// <param name="Step">Distance of samples, 1 s to <see cref="Core.Series.TimeGrid.MaxStep"/>. Default 15 s.</param>
/// <param name="Queries">Own queries, beside the presets.</param>
public sealed record ReaderConfiguration(PrometheusOptions Prometheus, TimeSpan Step, IReadOnlyList<SignalQuery> Queries)
{
    public static readonly TimeSpan DefaultStep = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan MinStep = TimeSpan.FromSeconds(1);
}

/// <summary>How often and where to alert.</summary>
/// <param name="DefaultBudget">Budget of teams that have none of their own. Default 2/day.</param>
/// <param name="TeamBudgets">Budgets by team.</param>
/// <param name="Routes">Names of Dapr bindings, in this order. Default none: incidents are published and shown, nothing is sent.</param>
/// <param name="RoutesPlace">Where the routes are written, for whoever finds that one does not exist; null where none are.</param>
public sealed record AlertsConfiguration(
    AlertBudget DefaultBudget,
    IReadOnlyDictionary<string, AlertBudget> TeamBudgets,
    IReadOnlyList<string> Routes,
    ConfigurationPlace? RoutesPlace = null
)
{
    public static readonly AlertsConfiguration Default = new(new AlertBudget(2, TimeSpan.FromDays(1)), new Dictionary<string, AlertBudget>(), []);

    public AlertBudget BudgetOf(string team) => TeamBudgets.GetValueOrDefault(team, DefaultBudget);
}
