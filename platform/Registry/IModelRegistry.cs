namespace Dapr.Anomaly.Platform.Registry;

/// <summary>
/// Experiment tracking and model versions, in MLflow's words. Two implementations: a directory on disk (the default, no server) and MLflow over REST.
/// Every call may be repeated: runs are found again by <see cref="RunStart.Key"/>, versions by run and digest, so a workflow activity that runs twice
/// leaves one record.
/// </summary>
public interface IModelRegistry
{
    /// <summary>Where the registry is, for people: a directory or a URL.</summary>
    string Location { get; }

    /// <summary>Creates the run, or finds the one that was created under the same key.</summary>
    Task<RunReference> StartRunAsync(RunStart start, CancellationToken cancellationToken);

    Task LogParametersAsync(RunReference run, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken);

    Task LogMetricsAsync(RunReference run, IReadOnlyList<RunMetric> metrics, CancellationToken cancellationToken);

    Task LogArtifactAsync(RunReference run, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    Task EndRunAsync(RunReference run, RunStatus status, CancellationToken cancellationToken);

    /// <summary>Stores the files of a model as the next version, or finds the version of the same run with the same digest.</summary>
    Task<ModelVersion> RegisterAsync(ModelRegistration registration, CancellationToken cancellationToken);

    /// <summary>Moves an alias (<c>champion</c>, <c>challenger</c>, <c>previous</c>) to a version.</summary>
    Task SetAliasAsync(string model, string alias, string version, CancellationToken cancellationToken);

    /// <summary>The version an alias points at, or null when there is none.</summary>
    Task<ModelVersion?> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken);

    /// <summary>All versions, newest first.</summary>
    Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, CancellationToken cancellationToken);

    /// <summary>The files of a version by relative path.</summary>
    Task<IReadOnlyDictionary<string, byte[]>> DownloadAsync(ModelVersion version, CancellationToken cancellationToken);
}

/// <param name="Key">Idempotency key, for example the workflow's instance id.</param>
/// <param name="Tags">Tags in addition to those every run gets (name, source, user).</param>
/// <param name="DataSet">What was trained on, shown as the run's input.</param>
public sealed record RunStart(
    string Experiment,
    string Name,
    string Key,
    DateTimeOffset StartedAt,
    IReadOnlyDictionary<string, string> Tags,
    DataSetReference? DataSet
);

/// <param name="Digest">At most 36 characters.</param>
/// <param name="Source">JSON that says where it came from, for example the Prometheus URL and the queries.</param>
public sealed record DataSetReference(string Name, string Digest, string Source);

public sealed record RunReference(string Experiment, string RunId);

/// <param name="Step">Epoch or similar; 0 for single values.</param>
public sealed record RunMetric(string Key, double Value, DateTimeOffset Timestamp, long Step = 0);

public enum RunStatus
{
    Finished,
    Failed,
    Killed,
}

/// <param name="Sha256">Digest over all files, hexadecimal.</param>
/// <param name="Files">Relative path to content.</param>
/// <param name="EvaluationMetrics">Metrics that belong to the model and not only to the run.</param>
/// <param name="Signature">ONNX file whose inputs and outputs describe the model in the registry's pages.</param>
public sealed record ModelRegistration(
    string Model,
    RunReference Run,
    string Sha256,
    string Description,
    IReadOnlyDictionary<string, byte[]> Files,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyDictionary<string, double> EvaluationMetrics,
    string Signature
);

/// <param name="Version">A number, as text.</param>
public sealed record ModelVersion(
    string Model,
    string Version,
    string RunId,
    string Sha256,
    DateTimeOffset CreatedAt,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<string> Aliases
);
