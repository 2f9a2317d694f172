using System.Globalization;
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
        var expected = File.ReadLines(GoldenData.Large("golden/expected_metrics.csv"))
            .Single(l => l.StartsWith(vector + ',', StringComparison.Ordinal))
            .Split(',')
            .Skip(2)
            .Select(c => double.Parse(c, CultureInfo.InvariantCulture))
            .ToArray();
        var rows = File.ReadLines(GoldenData.Large($"golden/{vector}.csv")).Skip(1).Select(l => l.Split(',')).ToList();
        bool[] labels = [.. rows.Select(r => r[0] == "1")];
        double[] scores = [.. rows.Select(r => double.Parse(r[1], CultureInfo.InvariantCulture))];

        var volumes = VolumeUnderSurface.Of(labels, scores, (int)expected[0]);

        Assert.Equal(expected[1], RankingMetrics.AveragePrecision(labels, scores), 1e-9);
        Assert.Equal(expected[2], RankingMetrics.AreaUnderRoc(labels, scores), 1e-9);
        Assert.Equal(expected[3], volumes.Pr, 1e-9);
        Assert.Equal(expected[4], volumes.Roc, 1e-9);
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
    public void DominantPeriod_EveryNabSeries_IsTheBenchmarksWindow()
    {
        var rows = File.ReadLines(GoldenData.Large("golden/find_length_rank.csv"))
            .Skip(1)
            .Select(l => l.Split(','))
            .Where(c => c[0].StartsWith("nab:", StringComparison.Ordinal))
            .ToList();
        Assert.True(rows.Count > 40);
        foreach (var row in rows)
        {
            var path = GoldenData.Large("nab/data/" + row[0][4..]);
            var values = File.ReadLines(path).Skip(1).Select(l => double.Parse(l.Split(',')[1], CultureInfo.InvariantCulture)).ToArray();
            Assert.True(
                int.Parse(row[2], CultureInfo.InvariantCulture) == DominantPeriod.Of(values),
                $"{row[0]}: expected {row[2]}, got {DominantPeriod.Of(values)}"
            );
        }
    }

    [Fact]
    public void Volumes_NoEventOrNothingElse_AreUndefined()
    {
        Assert.Equal(Volumes.Undefined, VolumeUnderSurface.Of([false, false], [1, 2], 2));
        Assert.Equal(Volumes.Undefined, VolumeUnderSurface.Of([true, true], [1, 2], 2));
    }
}
