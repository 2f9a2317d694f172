using CsCheck;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Series;
using static Dapr.Anomaly.Core.Tests.Detection.Lstm.LstmSeriesFactory;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class WindowScaleTests
{
    [Fact]
    public void Of_AnyWindow_IsMedianAndMadOfWhatIsThere() =>
        Gen.Select(Gen.Float[-1000, 1000].Array[1, 70], Gen.Bool.Array[70])
            .Sample(
                (values, mask) =>
                {
                    var missing = mask[..values.Length];
                    double[] there = [.. values.Where((_, i) => !missing[i]).Select(v => (double)v)];
                    if (there.Length == 0)
                        return;
                    var center = Median(there);
                    var mad = Median([.. there.Select(v => Math.Abs(v - center))]);

                    var scale = WindowScale.Of(values, missing, 3, 0.1, new double[values.Length]);

                    Assert.Equal(center, scale.Center, 1e-3);
                    Assert.Equal(1.4826 * mad + 0.3, scale.Scale, 2e-3);
                }
            );

    [Fact]
    public void Of_ConstantWindow_KeepsTheLongRunFloor() =>
        Assert.Equal(0.5, WindowScale.Of([7, 7, 7, 7], default, 5, 0.1, new double[4]).Scale, 1e-9);

    [Fact]
    public void Of_SeriesThatNeverMoved_StaysFinite()
    {
        var scale = WindowScale.Of([0, 0, 0], default, 0, 0.1, new double[3]);

        Assert.True(double.IsFinite(scale.Normalise(1)));
        Assert.Equal(0, scale.Normalise(0));
    }

    [Fact]
    public void LongRun_MostlyConstantSeries_IsAShareOfTheDeviation()
    {
        var values = new float[100];
        values[50] = 10;

        Assert.Equal(0.3 * Math.Sqrt(0.99), WindowScale.LongRun(values, default), 1e-6);
    }

    [Fact]
    public void Fill_TargetChanged_LeavesTheInputsAsTheyWere()
    {
        var design = new LstmDesign(16, 4, 2, [0.1, 0.5, 0.9], Step, 0.1);
        var series = TwoSines(40, 1);
        var changed = series.Values.ToArray();
        changed[16] += 1000;
        changed[17] -= 1000;

        Assert.Equal(Inputs(series.Values.ToArray()), Inputs(changed));

        float[] Inputs(float[] values)
        {
            var set = Set(series with { Values = values });
            var pass = new LstmPass<float>(design.Shape, 16, 1);
            new LstmBatches(set, [1], design).Fill([new(0, 16)], pass, new float[2 * pass.Batch]);
            return pass.Inputs.ToArray();
        }
    }

    [Fact]
    public void Encode_GapAndClock_HoldsTheValueFlagsTheGapAndTurnsWithTheDay()
    {
        var features = new float[3 * LstmInputs.Count];

        LstmInputs.Encode(
            [1, float.NaN, 99],
            [false, true, false],
            new(0, 1),
            Start.AddHours(6),
            TimeSpan.FromHours(6),
            SignalKind.Latency,
            features,
            LstmInputs.Count,
            1
        );

        Assert.Equal([1f, 0f, 1f, 0f], features[..4].Select(f => MathF.Round(f, 6)));
        Assert.Equal([1f, 1f, 0f, -1f], features[LstmInputs.Count..][..4].Select(f => MathF.Round(f, 6)));
        Assert.Equal([10f, 0f, -1f, 0f], features[(2 * LstmInputs.Count)..][..4].Select(f => MathF.Round(f, 6)));
        Assert.Equal([0f, 0f, 0f, 0f, 0f, 1f, 0f, 0f, 0f, 0f], features[4..14]);
        Assert.Equal(LstmInputs.Count, LstmInputs.Names.Count());
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
