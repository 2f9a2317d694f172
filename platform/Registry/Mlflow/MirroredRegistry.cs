using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// The registry that services use: everything is written to the local directory first and then told to MLflow through the outbox, so training never
/// waits for a server, and what was trained without one is there once one is named. Scoring loads from the directory; a machine that lacks a version
/// gets it from MLflow by alias and keeps it.
/// </summary>
public sealed class MirroredRegistry : IModelRegistry
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LocalRegistry _local;
    private readonly Outbox _outbox;
    private readonly MlflowRegistry? _server;
    private readonly TimeProvider _time;
    private readonly ILogger<MirroredRegistry> _logger;

    internal MirroredRegistry(LocalRegistry local, Outbox outbox, MlflowRegistry? server, TimeProvider time, ILogger<MirroredRegistry> logger) =>
        (_local, _outbox, _server, _time, _logger) = (local, outbox, server, time, logger);

    public string Location => _server is null ? _local.Location : $"{_server.Location} (kept in {_local.Location})";

    /// <summary>How many operations MLflow has not been told yet.</summary>
    public Task<int> PendingAsync(CancellationToken cancellationToken) => _outbox.PendingAsync(_server?.Location, cancellationToken);

    public async Task<RunReference> StartRunAsync(RunStart start, CancellationToken cancellationToken)
    {
        var run = await _local.StartRunAsync(start, cancellationToken);
        await _outbox.AppendAsync(new StartRunOperation(run, start), cancellationToken);
        return run;
    }

    public async Task LogParametersAsync(RunReference run, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        await _local.LogParametersAsync(run, parameters, cancellationToken);
        await _outbox.AppendAsync(new LogParametersOperation(run, parameters), cancellationToken);
    }

    public async Task LogMetricsAsync(RunReference run, IReadOnlyList<RunMetric> metrics, CancellationToken cancellationToken)
    {
        await _local.LogMetricsAsync(run, metrics, cancellationToken);
        await _outbox.AppendAsync(new LogMetricsOperation(run, metrics), cancellationToken);
    }

    public async Task LogArtifactAsync(RunReference run, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await _local.LogArtifactAsync(run, path, content, cancellationToken);
        await _outbox.AppendAsync(new LogArtifactOperation(run, path), cancellationToken);
    }

    public async Task EndRunAsync(RunReference run, RunStatus status, CancellationToken cancellationToken)
    {
        await _local.EndRunAsync(run, status, cancellationToken);
        await _outbox.AppendAsync(new EndRunOperation(run, status, _time.GetUtcNow()), cancellationToken);
    }

    public async Task<ModelVersion> RegisterAsync(ModelRegistration registration, CancellationToken cancellationToken)
    {
        // Numbers go on where the server stands, so that machines without a common directory never give one number to two models.
        var known = await AskAsync(server => server.ListVersionsAsync(registration.Model, cancellationToken), cancellationToken) ?? [];
        var next = known.Count == 0 ? 1 : known.Max(v => Math.Max(Number(v.Version), Number(LocalVersion(v)))) + 1;
        var version = await _local.RegisterAsync(registration, next, cancellationToken);
        await _outbox.AppendAsync(
            new RegisterOperation(version, registration.Run, registration.Description, registration.EvaluationMetrics, registration.Signature),
            cancellationToken
        );
        return version;
    }

    public async Task SetAliasAsync(string model, string alias, string version, CancellationToken cancellationToken)
    {
        await BringAsync(model, version, cancellationToken);
        // Recorded first: a reader that finds nothing waiting believes the server, which must not happen between the two.
        await _outbox.AppendAsync(new SetAliasOperation(model, alias, version), cancellationToken);
        await _local.SetAliasAsync(model, alias, version, cancellationToken);
    }

    /// <summary>What this machine has not told the server yet counts first, then what the server says, then what the directory knows.</summary>
    public async Task<ModelVersion?> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken)
    {
        var local = await _local.FindByAliasAsync(model, alias, cancellationToken);
        if (_server is null || (local is not null && await PendingAsync(cancellationToken) > 0))
            return local;
        if (await AskAsync(server => server.FindByAliasAsync(model, alias, cancellationToken), cancellationToken) is not { } found)
            return local;
        var version = Local(found);
        if (local?.Version != version.Version && await KnownAsync(version, cancellationToken))
            await _local.SetAliasAsync(model, alias, version.Version, cancellationToken);
        return version;
    }

    public async Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, CancellationToken cancellationToken)
    {
        var local = await _local.ListVersionsAsync(model, cancellationToken);
        var server = await AskAsync(s => s.ListVersionsAsync(model, cancellationToken), cancellationToken) ?? [];
        var own = local.Select(v => v.Version).ToHashSet();
        return [.. local.Concat(server.Select(Local).Where(v => !own.Contains(v.Version))).OrderByDescending(v => Number(v.Version))];
    }

    public async Task<IReadOnlyDictionary<string, byte[]>> DownloadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        if (_server is null || await KnownAsync(version, cancellationToken))
            return await _local.DownloadAsync(version, cancellationToken);
        var versions = await _server.ListVersionsAsync(version.Model, cancellationToken);
        var remote =
            versions.FirstOrDefault(v => LocalVersion(v) == version.Version && v.Sha256 == version.Sha256)
            ?? throw new RegistryException($"model \"{version.Model}\" v{version.Version} is neither in {_local.Location} nor on {_server.Location}");
        var files = await _server.DownloadAsync(remote, cancellationToken);
        await _local.KeepAsync(version, files, cancellationToken);
        foreach (var alias in version.Aliases)
            await _local.SetAliasAsync(version.Model, alias, version.Version, cancellationToken);
        return files;
    }

    /// <summary>The number by which machines know a version: that of the directory in which it was trained.</summary>
    internal static string LocalVersion(ModelVersion version) => version.Tags.GetValueOrDefault(MlflowTags.Version, version.Version);

    private static ModelVersion Local(ModelVersion version) => version with { Version = LocalVersion(version) };

    private static int Number(string version) => int.Parse(version, CultureInfo.InvariantCulture);

    private async Task<bool> KnownAsync(ModelVersion version, CancellationToken cancellationToken) =>
        (await _local.ListVersionsAsync(version.Model, cancellationToken)).Any(v => v.Version == version.Version && v.Sha256 == version.Sha256);

    /// <summary>Makes sure that a version is in the directory, from the server if need be.</summary>
    private async Task BringAsync(string model, string version, CancellationToken cancellationToken)
    {
        if ((await _local.ListVersionsAsync(model, cancellationToken)).Any(v => v.Version == version))
            return;
        var versions = await AskAsync(server => server.ListVersionsAsync(model, cancellationToken), cancellationToken) ?? [];
        var found =
            versions.FirstOrDefault(v => LocalVersion(v) == version)
            ?? throw new RegistryException($"model \"{model}\" has no version {version} in {Location}");
        await DownloadAsync(Local(found), cancellationToken);
    }

    /// <summary>The server's answer, or null when there is none within a few seconds: the directory goes on alone.</summary>
    private async Task<T?> AskAsync<T>(Func<MlflowRegistry, Task<T>> question, CancellationToken cancellationToken)
        where T : class?
    {
        if (_server is null)
            return null;
        try
        {
            return await question(_server).WaitAsync(Patience, _time, cancellationToken);
        }
        catch (Exception e) when (e is MlflowException or TimeoutException)
        {
            _logger.LogWarning(
                "{Message}; going on with {Directory}",
                e is TimeoutException ? $"MLflow at {_server.Location} gave no answer within {Patience.TotalSeconds:0} s" : e.Message,
                _local.Location
            );
            return null;
        }
    }
}
