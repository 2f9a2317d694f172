using System.Globalization;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// The registry in an MLflow server (2.22 to 3.18). Every call may be repeated: runs are found again by the tag <c>anomaly.outbox_id</c>, versions by
/// run and digest. Run ids and version numbers are the server's own.
/// </summary>
internal sealed class MlflowRegistry : IModelRegistry
{
    private readonly MlflowClient _client;
    private readonly MemberRuns _members;
    private readonly MlflowModelUpload _upload;
    private readonly TimeProvider _time;

    public MlflowRegistry(MlflowClient client, TimeProvider time)
    {
        _client = client;
        _members = new(client.Tracking);
        _upload = new(client, time);
        _time = time;
    }

    public string Location => _client.Server;

    public async Task<RunReference> StartRunAsync(RunStart start, CancellationToken cancellationToken)
    {
        var experiment = await _client.Tracking.ExperimentAsync(
            start.Experiment,
            new Dictionary<string, string>
            {
                [MlflowTags.Note] =
                    "Trainings of the anomaly detector. Compare the runs by their `eval/…` metrics; "
                    + "each has one nested run for a member of the ensemble.",
            },
            cancellationToken
        );
        var outboxId = LocalRegistry.RunId(start);
        var run = await _client.Tracking.FindRunAsync(experiment, MlflowTags.OutboxId, outboxId, cancellationToken);
        if (run is null)
        {
            var tags = MlflowTags.Source();
            foreach (var (key, value) in start.Tags)
                tags[key] = value;
            tags[MlflowTags.OutboxId] = outboxId;
            run = await _client.Tracking.CreateRunAsync(experiment, start.Name, start.StartedAt, tags, cancellationToken);
        }
        if (start.DataSet is { } data)
            await _client.Tracking.LogInputAsync(run.Info.RunId, data, cancellationToken);
        return new(start.Experiment, run.Info.RunId);
    }

    public Task LogParametersAsync(RunReference run, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        _client.Tracking.LogParametersAsync(run.RunId, parameters, cancellationToken);

    public async Task LogMetricsAsync(RunReference run, IReadOnlyList<RunMetric> metrics, CancellationToken cancellationToken)
    {
        Metric[] points =
        [
            .. metrics.Select(m => new Metric(MlflowNames.Key(m.Key), Rounded(m.Value), m.Timestamp.ToUnixTimeMilliseconds(), m.Step)),
        ];
        await _client.Tracking.LogMetricsAsync(run.RunId, points, cancellationToken);
        await _members.LogAsync(await _client.Tracking.RunAsync(run.RunId, cancellationToken), points, cancellationToken);
    }

    public async Task LogArtifactAsync(RunReference run, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var known = await _client.Tracking.RunAsync(run.RunId, cancellationToken);
        await _client.Artifacts.PutAsync(known.Info.ArtifactUri, [(path, content.ToArray())], cancellationToken);
    }

    public Task EndRunAsync(RunReference run, RunStatus status, CancellationToken cancellationToken) =>
        EndRunAsync(run, status, _time.GetUtcNow(), cancellationToken);

    public async Task EndRunAsync(RunReference run, RunStatus status, DateTimeOffset endedAt, CancellationToken cancellationToken)
    {
        var name = status.ToString().ToUpperInvariant();
        await _members.EndAsync(await _client.Tracking.RunAsync(run.RunId, cancellationToken), name, endedAt, cancellationToken);
        await _client.Tracking.EndRunAsync(run.RunId, name, endedAt, cancellationToken);
    }

    public async Task<ModelVersion> RegisterAsync(ModelRegistration registration, CancellationToken cancellationToken)
    {
        var same = await _client.Versions.SearchAsync(
            registration.Model,
            $" and tags.`{MlflowTags.Sha256}` = '{registration.Sha256}'",
            cancellationToken
        );
        return Domain(same.FirstOrDefault(v => v.RunId == registration.Run.RunId) ?? await _upload.UploadAsync(registration, cancellationToken));
    }

    public async Task SetAliasAsync(string model, string alias, string version, CancellationToken cancellationToken)
    {
        await _client.Versions.SetAliasAsync(model, alias, version, cancellationToken);
        if (
            alias == ModelAliases.Champion
            && (await _client.Versions.FindByAliasAsync(model, MlflowModelUpload.Challenger, cancellationToken))?.Number == version
        )
            await _client.Versions.DeleteAliasAsync(model, MlflowModelUpload.Challenger, cancellationToken);
    }

    public async Task<ModelVersion?> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken) =>
        await _client.Versions.FindByAliasAsync(model, alias, cancellationToken) is { } version ? Domain(version) : null;

    public async Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, CancellationToken cancellationToken) =>
        [
            .. (await _client.Versions.SearchAsync(model, "", cancellationToken))
                .Select(Domain)
                .OrderByDescending(v => int.Parse(v.Version, CultureInfo.InvariantCulture)),
        ];

    public async Task<IReadOnlyDictionary<string, byte[]>> DownloadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var source = await _client.Versions.DownloadUriAsync(version.Model, version.Version, cancellationToken);
        var list = await _client.Artifacts.GetAsync(source, FileDigests.Name, cancellationToken);
        var digests = FileDigests.Read(
            list,
            version.Tags.GetValueOrDefault(MlflowTags.Files),
            $"model \"{version.Model}\" v{version.Version} of {Location}"
        );
        Dictionary<string, byte[]> files = [];
        foreach (var (path, digest) in digests)
        {
            var content = await _client.Artifacts.GetAsync(source, path, cancellationToken);
            if (LocalRegistry.Digest(content) != digest)
                throw new RegistryException(
                    $"model \"{version.Model}\" v{version.Version} of {Location}: {path} does not match its SHA-256 {digest[..12]}…; "
                        + "the file was changed in the artifact store"
                );
            files[path] = content;
        }
        return files;
    }

    /// <summary>Six digits: the pages show all there are.</summary>
    internal static double Rounded(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : value;

    private static ModelVersion Domain(Version version) =>
        new(
            version.Name,
            version.Number,
            version.RunId ?? "",
            version.Tag(MlflowTags.Sha256) ?? "",
            DateTimeOffset.FromUnixTimeMilliseconds(version.CreationTimestamp),
            (version.Tags ?? []).ToDictionary(t => t.Key, t => t.Value),
            version.Aliases ?? []
        );
}
