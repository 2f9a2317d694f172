using System.Globalization;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>A training in one line.</summary>
internal static class TrainingText
{
    /// <summary>What runs now.</summary>
    public static string Now(TrainingProgress progress) =>
        string.Join(" ∥ ", progress.Steps.Where(s => s.State == StepState.Running).Select(s => s.Name));

    /// <summary><c>collect 3.1 s · featurize 1.9 s · … register v1 · deploy champion</c>.</summary>
    public static string Steps(TrainingProgress progress) =>
        string.Join(
            " · ",
            progress
                .Steps.Where(s => s.State == StepState.Done)
                .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Name} {s.Seconds:0.0} s"))
        );
}
