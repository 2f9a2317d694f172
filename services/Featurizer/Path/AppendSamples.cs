using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>Samples become windows.</summary>
internal sealed class AppendSamples(StageMeter stages)
{
    /// <returns>The series that have something new to score, or something that was taken before and never scored.</returns>
    public IReadOnlyList<FreshSample> Run(Shard shard, SampleGate.Intake intake, int column)
    {
        var samples = intake.Table;
        using var measured = stages.Measure(Stages.Append, samples.Series.Count);
        var at = samples.TimeOf(column);
        List<FreshSample> fresh = new(samples.Series.Count);
        for (var row = 0; row < samples.Series.Count; row++)
        {
            if (intake.Take(shard, row, column) is not { } series)
                continue;
            var value = samples[row, column];
            var result = series.Window.Append(new Sample(at, value));
            if (result is AppendResult.Appended or AppendResult.GapReset || (result == AppendResult.Duplicate && WasNotScored(series, at)))
                fresh.Add(new(series, value));
        }
        return fresh;
    }

    private static bool WasNotScored(TrackedSeries series, DateTimeOffset at) =>
        series.Window.Latest?.Timestamp == at && (series.LastScore is null || series.LastScore.Timestamp < at);
}
