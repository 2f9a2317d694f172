using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Custom status of a TrainModel instance: what is done, what runs, and how far it is.</summary>
/// <param name="Percent">0 to 100, by the usual share of each step in the whole.</param>
public sealed record TrainingProgress(int Percent, IReadOnlyList<TrainingStep> Steps)
{
    private static readonly (string Name, int Share)[] Shares =
    [
        ("collect", 20),
        ("featurize", 10),
        ("forest", 5),
        ("lstm", 40),
        ("seasonal", 10),
        ("evaluate", 10),
        ("register", 3),
        ("deploy", 2),
    ];

    public static readonly TrainingProgress NotStarted = new(0, [.. Shares.Select(s => new TrainingStep(s.Name, StepState.Waiting, null, null))]);

    public TrainingProgress Running(string step) => With(step, s => s with { State = StepState.Running });

    public TrainingProgress Done(string step, double seconds, string? result = null) =>
        With(step, s => s with { State = StepState.Done, Seconds = seconds, Result = result });

    private TrainingProgress With(string name, Func<TrainingStep, TrainingStep> change)
    {
        TrainingStep[] steps = [.. Steps.Select(s => s.Name == name ? change(s) : s)];
        return new(steps.Zip(Shares, (step, share) => step.State == StepState.Done ? share.Share : 0).Sum(), steps);
    }
}

/// <param name="Seconds">How long it took; absent until it is done.</param>
/// <param name="Result">What came out, for people.</param>
public sealed record TrainingStep(string Name, StepState State, double? Seconds, string? Result);

/// <summary>Written <c>waiting</c>, <c>running</c>, <c>done</c>, in the status of a workflow as everywhere.</summary>
[JsonConverter(typeof(StepStateConverter))]
public enum StepState
{
    Waiting,
    Running,
    Done,
}

internal sealed class StepStateConverter() : JsonStringEnumConverter<StepState>(JsonNamingPolicy.CamelCase);
