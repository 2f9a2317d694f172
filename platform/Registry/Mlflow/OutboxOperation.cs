using System.Text.Json.Serialization;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// Something that was written to the local registry and that MLflow should know too. Run ids and versions are local; contents are the local
/// registry's own files; times are fixed, so that a second delivery stores the same thing.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(StartRunOperation), "start_run")]
[JsonDerivedType(typeof(LogParametersOperation), "log_parameters")]
[JsonDerivedType(typeof(LogMetricsOperation), "log_metrics")]
[JsonDerivedType(typeof(LogArtifactOperation), "log_artifact")]
[JsonDerivedType(typeof(EndRunOperation), "end_run")]
[JsonDerivedType(typeof(RegisterOperation), "register")]
[JsonDerivedType(typeof(SetAliasOperation), "set_alias")]
internal abstract record OutboxOperation;

internal sealed record StartRunOperation(RunReference Run, RunStart Start) : OutboxOperation;

internal sealed record LogParametersOperation(RunReference Run, IReadOnlyDictionary<string, string> Parameters) : OutboxOperation;

internal sealed record LogMetricsOperation(RunReference Run, IReadOnlyList<RunMetric> Metrics) : OutboxOperation;

internal sealed record LogArtifactOperation(RunReference Run, string Path) : OutboxOperation;

internal sealed record EndRunOperation(RunReference Run, RunStatus Status, DateTimeOffset EndedAt) : OutboxOperation;

internal sealed record RegisterOperation(
    ModelVersion Version,
    RunReference Run,
    string Description,
    IReadOnlyDictionary<string, double> EvaluationMetrics,
    string Signature
) : OutboxOperation;

internal sealed record SetAliasOperation(string Model, string Alias, string Version) : OutboxOperation;
