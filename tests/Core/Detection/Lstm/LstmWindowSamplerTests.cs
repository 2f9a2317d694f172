using CsCheck;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;
using static Dapr.Anomaly.Core.Tests.Detection.Lstm.LstmSeriesFactory;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class LstmWindowSamplerTests
{
    private static readonly LstmOptions Options = Small with { Steps = 16, Horizons = 2, MaxMissing = 0.25 };

    [Fact]
    public void Sample_AnyGaps_TargetsAreThereInputsNearlyAndTheTailIsApart() =>
        Gen.Select(Gen.ULong, Gen.Double[0, 0.4], Gen.Int[20, 400])
            .Sample(
                (seed, share, length) =>
                {
                    var random = new Xoshiro256(seed);
                    bool[] missing = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() < share)];
                    var set = Set(TwoSines(length, seed) with { Missing = missing });

                    var (training, validation) = LstmWindowSampler.Sample(set, Options, random);

                    var cut = (int)Math.Floor(length * 0.85);
                    Assert.All(training, w => Assert.InRange(w.Target, 16, cut - 2));
                    Assert.All(validation, w => Assert.InRange(w.Target, cut, length - 2));
                    Assert.All(
                        training.Concat(validation),
                        w =>
                        {
                            Assert.False(missing[w.Target] || missing[w.Target + 1]);
                            Assert.True(missing.AsSpan(w.Target - 16, 16).Count(true) <= 4);
                        }
                    );
                    // The budget is larger than the series: every window that may be used is.
                    var all = Enumerable
                        .Range(16, Math.Max(0, cut - 17))
                        .Count(t => !missing[t] && !missing[t + 1] && missing.AsSpan(t - 16, 16).Count(true) <= 4);
                    Assert.Equal(all, training.Length);
                },
                iter: 200
            );

    [Fact]
    public void Sample_OneLongSeriesAmongShortOnes_IsCapped()
    {
        var set = Set(TwoSines(5000, 1), TwoSines(200, 2), TwoSines(200, 3));

        var (training, _) = LstmWindowSampler.Sample(set, Options with { Windows = 1000, WindowsPerSeries = 500 }, new(1));

        var counts = training.GroupBy(w => w.Series).ToDictionary(g => g.Key, g => g.Count());
        Assert.InRange(counts[0], 480, 500);
        Assert.Equal(153, counts[1]);
        Assert.Equal(training.Length, training.Distinct().Count());
    }

    [Fact]
    public void Sample_ShortHalfLife_DrawsNewWindowsMoreOften()
    {
        var set = Set(TwoSines(10_000, 1));

        var (training, _) = LstmWindowSampler.Sample(set, Options with { Windows = 1000, RecencyHalfLife = 4250 * Step }, new(1));

        // The newer half lies one half-life after the older one, so it gets two thirds.
        Assert.InRange(training.Count(w => w.Target > 4258) / (double)training.Length, 0.64, 0.69);
    }
}
