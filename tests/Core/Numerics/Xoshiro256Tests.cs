using CsCheck;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Numerics;

public class Xoshiro256Tests
{
    [Fact]
    public void NextUInt64_StateOneToFour_GivesThePublishedSequence()
    {
        var random = new Xoshiro256(1, 2, 3, 4);

        Assert.Equal([11520UL, 0UL, 1509978240UL, 1215971899390074240UL], Enumerable.Range(0, 4).Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void SplitMix64_GivesThePublishedSequence()
    {
        ulong state = 1234567;

        Assert.Equal(6457827717110365317UL, Xoshiro256.SplitMix64(ref state));
        Assert.Equal(3203168211198807973UL, Xoshiro256.SplitMix64(ref state));
        Assert.Equal(9817491932198370423UL, Xoshiro256.SplitMix64(ref state));
    }

    [Fact]
    public void Next_IsInRangeAndReachesEveryValue() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 20])
            .Sample(
                (seed, max) =>
                {
                    var random = new Xoshiro256(seed);
                    var seen = new HashSet<int>();
                    for (var i = 0; i < 2000; i++)
                        seen.Add(random.Next(max));
                    Assert.Equal(Enumerable.Range(0, max), seen.Order());
                },
                iter: 50
            );

    [Fact]
    public void NextGaussian_HasMeanZeroVarianceOneAndNormalTails()
    {
        var random = new Xoshiro256(7);
        var draws = Enumerable.Range(0, 100_000).Select(_ => random.NextGaussian()).ToArray();

        Assert.InRange(draws.Average(), -0.015, 0.015);
        Assert.InRange(draws.Average(x => x * x), 0.98, 1.02);
        Assert.InRange(draws.Count(x => x > 1.959964) / 100_000.0, 0.023, 0.027);
    }

    [Fact]
    public void NextDoubleAndNextSingle_StayBelowOne()
    {
        var random = new Xoshiro256(3);
        for (var i = 0; i < 100_000; i++)
        {
            Assert.InRange(random.NextDouble(), 0, 1 - 1e-17);
            Assert.True(random.NextSingle() is >= 0 and < 1);
        }
    }

    [Fact]
    public void Shuffle_KeepsTheValuesAndMovesThem()
    {
        var values = Enumerable.Range(0, 100).ToArray();

        new Xoshiro256(1).Shuffle<int>(values);

        Assert.Equal(Enumerable.Range(0, 100), values.Order());
        Assert.NotEqual(Enumerable.Range(0, 100), values);
    }
}
