namespace Dapr.Anomaly.Platform.Registry.Mlflow;

// The shapes of MLflow's REST API; names become snake_case, timestamps are milliseconds, numbers of versions are strings.
// Values of a wrong type are answered with 200 and lost, so everything that is sent is typed here.

internal sealed record Pair(string Key, string Value);

internal sealed record Experiment(string ExperimentId, string Name, string LifecycleStage);

internal sealed record ExperimentAnswer(Experiment Experiment);

internal sealed record ExperimentCreated(string ExperimentId);

internal sealed record RunInfo(string RunId, string ExperimentId, string Status, string ArtifactUri, long StartTime);

internal sealed record RunValues(Pair[]? Params, Pair[]? Tags);

internal sealed record DataSet(string Name, string Digest, string? SourceType, string? Source);

internal sealed record DataSetInput(DataSet Dataset, Pair[]? Tags);

internal sealed record RunInputs(DataSetInput[]? DatasetInputs);

internal sealed record ModelOutput(string ModelId, long Step);

internal sealed record RunOutputs(ModelOutput[]? ModelOutputs);

internal sealed record Run(RunInfo Info, RunValues? Data, RunInputs? Inputs, RunOutputs? Outputs)
{
    public string? Tag(string key) => Data?.Tags?.FirstOrDefault(t => t.Key == key)?.Value;
}

internal sealed record RunAnswer(Run Run);

internal sealed record RunUpdated(RunInfo RunInfo);

internal sealed record RunsFound(Run[]? Runs);

internal sealed record Metric(string Key, double Value, long Timestamp, long Step)
{
    public string? ModelId { get; init; }

    public string? DatasetName { get; init; }

    public string? DatasetDigest { get; init; }
}

internal sealed record LoggedModelInfo(string ModelId, string ArtifactUri, string Status);

internal sealed record LoggedModel(LoggedModelInfo Info);

internal sealed record LoggedModelAnswer(LoggedModel Model);

internal sealed record LoggedModelsFound(LoggedModel[]? Models);

internal sealed record Version(string Name, long CreationTimestamp, string Status)
{
    [System.Text.Json.Serialization.JsonPropertyName("version")]
    public string Number { get; init; } = "";

    public string? RunId { get; init; }

    public Pair[]? Tags { get; init; }

    public string[]? Aliases { get; init; }

    public string? Tag(string key) => Tags?.FirstOrDefault(t => t.Key == key)?.Value;
}

internal sealed record VersionAnswer(Version ModelVersion);

internal sealed record VersionsFound(Version[]? ModelVersions, string? NextPageToken);

internal sealed record DownloadUri(string ArtifactUri);

internal sealed record StoredFile(string Path, bool IsDir, long? FileSize);

internal sealed record StoredFiles(StoredFile[]? Files);
