using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Tests.Windows;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Features;

public class PlainFeaturesTests
{
    [Theory]
    [InlineData(500, 7, 0)]
    [InlineData(500, 7, 0.05)]
    [InlineData(463, 3, 0.3)]
    [InlineData(130, 0, 0)]
    [InlineData(61, 7, 0)]
    [InlineData(1100, 1, 0.02)]
    public void Extract_EqualsTheDefinitions(int count, int historyDays, double missing)
    {
        var random = new Xoshiro256(17);
        var history = SampleSeries.History(1, historyDays);
        var samples = SampleSeries.Wave(count, 2).Where((_, i) => i == 0 || i == count - 1 || random.NextDouble() >= missing).ToArray();
        var window = new SeriesWindow(SampleSeries.Step);
        window.LoadHistory(history);
        foreach (var sample in samples)
            window.Append(sample);
        var row = new float[FeatureSchema.Current.Count];

        var quality = FeatureExtractor.Extract(window, row);

        var expected = new PlainFeatures(history, samples).Row();
        for (var f = 0; f < row.Length; f++)
        {
            var definition = FeatureSchema.Current.Features[f];
            Assert.True(
                expected[definition.Name] is null == quality.IsMissing(f),
                $"{definition.Name}: missing is {quality.IsMissing(f)}, the definition gives {expected[definition.Name]}"
            );
            var value = Math.Clamp(expected[definition.Name] ?? definition.Neutral, definition.Minimum, definition.Maximum);
            Assert.True(Math.Abs(value - row[f]) < 1e-3, $"{definition.Name}: {value} by the definition, {row[f]} extracted");
        }
    }
}
