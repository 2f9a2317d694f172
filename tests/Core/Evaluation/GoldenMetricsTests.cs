using CsCheck;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

/// <summary>Values of the benchmark's own code (TSB-AD 8763009).</summary>
public class GoldenMetricsTests
{
    public static readonly TheoryData<string> Vectors =
    [
        "nab001_absdev_w100",
        "nab001_ewma_w0",
        "nab001_ewma_w100",
        "nab001_lcgrandom_w100",
        "nab001_sr_w6",
        "nab001_iforest_w6",
        "toy_w4",
        "toy_perfect_w4",
        "edge_boundaries_w20",
        "edge_ties_w12",
        "edge_constant_w12",
        "edge_inverted_w20",
    ];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Metrics_GoldenVector_AgreeToNineDigits(string vector)
    {
        var (window, labels, scores, expected) = GoldenVector.Read(vector);

        var volumes = VolumeUnderSurface.Of(labels, scores, window);

        Assert.Equal(expected["AUC-PR"], RankingMetrics.AveragePrecision(labels, scores), 1e-9);
        Assert.Equal(expected["AUC-ROC"], RankingMetrics.AreaUnderRoc(labels, scores), 1e-9);
        Assert.Equal(expected["VUS-PR"], volumes.Pr, 1e-9);
        Assert.Equal(expected["VUS-ROC"], volumes.Roc, 1e-9);
    }

    [Fact]
    public void Volumes_ScaledScores_LeavesThemUnchanged() =>
        Gen.Select(Gen.Double[-1, 1].Array[120], Gen.Int[10, 100], Gen.Int[1, 9], Gen.Int[0, 30])
            .Sample(
                (scores, at, length, window) =>
                {
                    var labels = new bool[scores.Length];
                    labels.AsSpan(at, length).Fill(true);
                    var before = VolumeUnderSurface.Of(labels, scores, window);
                    var after = VolumeUnderSurface.Of(labels, [.. scores.Select(s => 4 * s)], window);
                    Assert.Equal(before.Pr, after.Pr, 1e-12);
                    Assert.Equal(before.Roc, after.Roc, 1e-12);
                    Assert.InRange(before.Pr, 0, 1 + 1e-12);
                },
                iter: 100
            );

    [Fact]
    public void Volumes_NoEventOrNothingElse_AreUndefined()
    {
        Assert.Equal(Volumes.Undefined, VolumeUnderSurface.Of([false, false], [1, 2], 2));
        Assert.Equal(Volumes.Undefined, VolumeUnderSurface.Of([true, true], [1, 2], 2));
    }
}
