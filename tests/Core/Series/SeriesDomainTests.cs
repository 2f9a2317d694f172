using CsCheck;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Series;

public class SeriesDomainTests
{
    [Fact]
    public void Limit_PodsThatWereNeverMissing_ExpectNoneRatherThanAFractionBelowZero()
    {
        var pods = SeriesDomain.Of("pods", [0, 0, double.NaN, 0]);

        Assert.Equal((0, 0, 0), pods.Limit(-0.0001, -0.0004, 0.0003));
        Assert.Equal((2.3, 2, 3), pods.Limit(2.3, 1.8, 2.6));
    }

    [Fact]
    public void Limit_RatioWithinOne_StaysWithinOne()
    {
        Assert.Equal((0.98, 0.9, 1), SeriesDomain.Of("ratio", [0.2, 0.97]).Limit(0.98, 0.9, 1.06));
        // CPU of a container without limits may be several times what it asked for.
        Assert.Equal((0.98, 0.9, 1.06), SeriesDomain.Of("ratio", [0.2, 1.7]).Limit(0.98, 0.9, 1.06));
    }

    [Fact]
    public void Limit_SeriesThatCanBeNegative_MayBeExpectedToBe() =>
        Assert.Equal((-0.5, -3.2, 1.1), SeriesDomain.Of("celsius", [-2.5, 3]).Limit(-0.5, -3.2, 1.1));

    [Fact]
    public void Of_NoSample_LimitsNothing() => Assert.Equal(SeriesDomain.Any, SeriesDomain.Of("ratio", [double.NaN]));

    [Fact]
    public void Limit_AnyRange_HoldsTheExpectationAndOnlyPossibleValues() =>
        Gen.Select(Gen.Double[-5, 5].Array[1, 20], Gen.Double[-9, 9], Gen.Double[0, 9], Gen.Double[0, 9], Gen.Bool)
            .Sample(
                (history, expected, below, above, whole) =>
                {
                    var domain = SeriesDomain.Of("ratio", whole ? [.. history.Select(v => Math.Round(v))] : history);
                    var (middle, lower, upper) = domain.Limit(expected, expected - below, expected + above);
                    Assert.True(lower <= middle && middle <= upper);
                    Assert.True(lower >= domain.Lowest && upper <= domain.Highest);
                    Assert.True(!domain.IsWhole || (lower == Math.Round(lower) && upper == Math.Round(upper)));
                }
            );
}
