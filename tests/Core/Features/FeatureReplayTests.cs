using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Tests.Windows;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Features;

public class FeatureReplayTests
{
    [Fact]
    public void Run_GivesBitForBitWhatServingComputedWithRestartsBetween()
    {
        var history = SampleSeries.History(1);
        var samples = SampleSeries.Wave(700, 2);
        samples = [.. samples.Where((_, i) => i % 97 != 0 && i is < 500 or > 520)];
        const int stride = 7;

        var rows = FeatureReplay.Run(SampleSeries.Step, history, samples, stride);

        var window = new SeriesWindow(SampleSeries.Step);
        window.LoadHistory(history);
        var row = new float[FeatureSchema.Current.Count];
        var next = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            window.Append(samples[i]);
            if (i % 13 == 0)
                window = Restarted(window);
            var sparse = FeatureExtractor.Extract(window, row).IsSparse;
            if (sparse || i % stride != 0)
                continue;
            Assert.Equal(samples[i].Timestamp, rows.Timestamps[next]);
            Assert.Equal(row, rows.Row(next++));
        }
        Assert.Equal(next, rows.Count);
        Assert.True(rows.Count > 60);
    }

    private static SeriesWindow Restarted(SeriesWindow window)
    {
        var bytes = new byte[SeriesWindow.SnapshotBytes];
        window.Write(bytes);
        return SeriesWindow.Read(bytes);
    }
}
