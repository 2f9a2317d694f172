using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>What a training covers. Times lie on the grid of their step.</summary>
/// <param name="Window">Learnt at full resolution.</param>
/// <param name="CoarseWindow">Learnt in the coarse view.</param>
/// <param name="Scheduler">Name in the configuration; absent where somebody else started it.</param>
public sealed record TrainingPlan(
    string InstanceId,
    DateTimeOffset To,
    TimeSpan Window,
    string Trigger,
    ulong Seed,
    TimeSpan CoarseWindow,
    string? Scheduler
)
{
    public static readonly TimeSpan CoarseStep = TimeSpan.FromMinutes(5);

    public DateTimeOffset FineFrom => To - Window;

    public DateTimeOffset CoarseFrom => To - CoarseWindow;
}

/// <summary>What was collected: one frame for each query and resolution.</summary>
/// <param name="Notes">Queries that gave nothing, or not all, with the reason; they do not fail a training.</param>
/// <param name="Digest">Over the digests of all frames: the identity of the data set.</param>
public sealed record CollectedData(
    string Source,
    TimeSpan Step,
    IReadOnlyList<FrameReference> Frames,
    int SeriesCount,
    long SampleCount,
    IReadOnlyList<string> Notes,
    string Digest,
    double Seconds
);

public sealed record FrameReference(string Name, bool IsCoarse, ArtifactReference Artifact);

/// <param name="SchemaHash">Hash of the feature schema that made the rows.</param>
public sealed record FeatureRows(IReadOnlyList<KindRows> Kinds, string SchemaHash, double Seconds);

/// <param name="Rows">Row-major float32 matrix.</param>
public sealed record KindRows(SignalKind Kind, int Count, ArtifactReference Rows);

/// <summary>What one member left: its files for the bundle, and its figures for the run.</summary>
/// <param name="Note">Why there are no files; absent when there are.</param>
public sealed record TrainedMember(
    string Member,
    IReadOnlyList<FileReference> Files,
    IReadOnlyList<Figure> Figures,
    double Seconds,
    string? Note = null
);

public sealed record FileReference(string Path, ArtifactReference Artifact);

/// <param name="Step">Epoch, or 0.</param>
public sealed record Figure(string Name, double Value, long Step = 0);

public sealed record EvaluatedModel(IReadOnlyList<FileReference> Files, IReadOnlyList<Figure> Figures, string Summary, double Seconds);

public sealed record RegisteredModel(string Model, string Version, string RunId, string Sha256, double Seconds);

public sealed record DeployedModel(string Version, string Alias, double Seconds);

/// <summary>Output of the workflow.</summary>
/// <param name="Notes">What went less well than it could: queries that are missing, members that the model goes without.</param>
public sealed record TrainModelResult(
    string Model,
    string Version,
    int SeriesCount,
    IReadOnlyList<Figure> Evaluation,
    IReadOnlyList<string>? Notes = null
);
