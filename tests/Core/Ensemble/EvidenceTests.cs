using CsCheck;
using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class EvidenceTests
{
    [Fact]
    public void Join_KnownSurprises_IsTheMeanOfTheirLogarithms()
    {
        double[] p = [Math.Exp(-1), Math.Exp(-9), 1];

        Assert.Equal((Math.Log(2) + Math.Log(10) + 0) / 3, Evidence.Join(p), 1e-12);
    }

    [Fact]
    public void Join_MemberPastEveryCalibration_CountsAsTheRarestThatCanBeSaid() =>
        Assert.Equal(Evidence.Join([Evidence.MinP, 0.5]), Evidence.Join([double.Epsilon, 0.5]));

    [Fact]
    public void Join_OneMemberAtItsLimit_WeighsLessThanAllMembersAtATwentieth() =>
        Assert.True(Evidence.Join([Evidence.MinP, 1, 1]) < Evidence.Join([Math.Exp(-5), Math.Exp(-5), Math.Exp(-5)]));

    [Fact]
    public void Join_AnyMemberMoreSurprised_NeverLowersTheEvidence() =>
        Gen.Select(Gen.Double[1e-30, 1].Array[1, 6], Gen.Int[0, 5], Gen.Double[0, 1])
            .Sample(
                (p, which, factor) =>
                {
                    var before = Evidence.Join(p);
                    p[which % p.Length] *= factor;
                    Assert.True(Evidence.Join(p) >= before);
                }
            );

    [Fact]
    public void Join_NoMember_IsAnError() => Assert.Throws<ArgumentException>(() => Evidence.Join([]));
}
