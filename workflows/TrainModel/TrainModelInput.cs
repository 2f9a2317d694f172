namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Input of the TrainModel workflow; everything has a default, so <c>{}</c> and <c>{"window":"12h"}</c> are both fine.</summary>
/// <param name="Window">How much of the recent past is learnt at full resolution: <c>45m</c>, <c>12h</c>, <c>2d</c>; at most 14 days.</param>
/// <param name="Trigger">Who asked: <c>manual</c>, <c>schedule</c>, <c>drift</c>.</param>
/// <param name="Seed">Seed of all randomness in this training.</param>
/// <param name="CoarseWindow">How much is learnt in the coarse view of five minutes, for seasons; at most four weeks, at least
/// <paramref name="Window"/>.</param>
/// <param name="Scheduler">The scheduler of the configuration that started it; absent for everybody else.</param>
public sealed record TrainModelInput(
    string? Window = "12h",
    string? Trigger = "manual",
    ulong Seed = 7,
    string? CoarseWindow = "14d",
    string? Scheduler = null
)
{
    /// <exception cref="TrainingException">A window is none.</exception>
    internal TrainingPlan Plan(string instanceId, DateTimeOffset to)
    {
        var (window, coarse) = (TrainingWindow.Parse(Window), TrainingWindow.ParseCoarse(CoarseWindow));
        return new(instanceId, to, window, Trigger ?? "manual", Seed, coarse > window ? coarse : window, Scheduler);
    }
}
