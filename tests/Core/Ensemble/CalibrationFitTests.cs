using CsCheck;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class CalibrationFitTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.1)]
    [InlineData(0.02)]
    [InlineData(0.005)]
    [InlineData(0.0001)]
    [InlineData(0.000004)]
    public void PValue_ScoreOfKnownProbability_IsItWithinAFactorOfTwoOverManySeries(double probability)
    {
        var histories = Enumerable.Range(0, 40).Select(i => Exponentials((ulong)i + 1, 700, 1 + i / 20.0)).ToArray();

        var (_, own) = CalibrationFit.Fit(histories);

        var logs = own.Select((c, i) => Math.Log2(c!.PValue(-(1 + i / 20.0) * Math.Log(probability)) / probability)).ToArray();
        Assert.InRange(logs.Average(), -1, probability < 1e-4 ? 2 : 1);
    }

    [Fact]
    public void PValue_FarTail_IsSteadierThanOneSeriesAloneWouldBe()
    {
        // 500 scores have 10 excesses: their own tail fit scatters, the shared one of 60 series does not.
        var histories = Enumerable.Range(0, 60).Select(i => Exponentials((ulong)i + 1, 500, 1 + i / 30.0)).ToArray();

        var (shared, own) = CalibrationFit.Fit(histories);

        // An exponential score of 14 spreads has p = 8e-7.
        var logs = own.Select((c, i) => Math.Log10(c!.PValue(14 * (1 + i / 30.0)))).ToArray();
        Assert.InRange(logs.Average(), -7.1, -5.1);
        Assert.True(logs.All(l => l is > -8 and < -4), string.Join(" ", logs));
        Assert.NotNull(shared);
    }

    [Fact]
    public void PValue_HigherScore_IsNeverLikelier() =>
        Gen.Select(Gen.Double[0, 10].Array[60, 400], Gen.Double[-5, 30], Gen.Double[0, 5])
            .Sample(
                (scores, score, more) =>
                {
                    var calibration = CalibrationFit.Fit([scores]).Own[0]!;
                    var (lower, higher) = (calibration.PValue(score), calibration.PValue(score + more));
                    Assert.True(higher <= lower + 1e-12);
                    Assert.InRange(higher, 1e-12, 1);
                },
                iter: 300
            );

    [Fact]
    public void PValue_Body_IsTheConformalRankToOneKnot()
    {
        var scores = Exponentials(4, 999, 2);
        var calibration = CalibrationFit.Fit([scores]).Own[0]!;
        double[] sorted = [.. scores.Order()];

        foreach (var score in sorted.Take(970))
            Assert.Equal(Conformal.PValue(sorted, score), calibration.PValue(score), 1 / 31.0 + 0.002);
    }

    [Fact]
    public void Fit_ScoresThatNeverMove_JudgeAChangeByTheSpreadOfTheKind()
    {
        var (_, own) = CalibrationFit.Fit([Exponentials(1, 1000, 1), new double[1000]]);

        Assert.Equal(1, own[1]!.PValue(0), 1e-12);
        Assert.True(own[1]!.PValue(50) < 1e-6);
    }

    [Fact]
    public void Fit_ShortHistory_HasOnlyTheSharedCalibration()
    {
        var (shared, own) = CalibrationFit.Fit([Exponentials(1, 1000, 1), Exponentials(2, CalibrationFit.MinHistory - 1, 1)]);

        Assert.NotNull(shared);
        Assert.Null(own[1]);
        Assert.Null(
            CalibrationFit
                .Fit([
                    [1, 2, 3],
                ])
                .Shared
        );
    }

    [Fact]
    public void Table_WrittenAndRead_GivesTheSameProbabilitiesAndBytes()
    {
        var (shared, own) = CalibrationFit.Fit([Exponentials(1, 1000, 1)]);
        var table = new CalibrationTable(
            new Dictionary<SeriesId, MemberCalibration?[]> { [new(ulong.MaxValue)] = [own[0], null, null, null, null] },
            new Dictionary<SignalKind, MemberCalibration?[]> { [SignalKind.Latency] = [shared, shared, null, null, null] }
        );

        var bytes = table.ToBytes();
        var read = CalibrationTable.FromBytes(bytes);

        Assert.Equal(bytes, read.ToBytes());
        Assert.True(read.Knows(new(ulong.MaxValue)));
        Assert.Equal(own[0]!.PValue(3.3), read.Find(new(ulong.MaxValue), SignalKind.Latency, MemberName.ForestIndex)!.PValue(3.3));
        Assert.Equal(shared!.PValue(3.3), read.Find(new(7), SignalKind.Latency, MemberName.LstmIndex)!.PValue(3.3));
        Assert.Null(read.Find(new(7), SignalKind.Cpu, MemberName.ForestIndex));
    }

    [Fact]
    public void Table_CutShortOrOfAnotherVersion_IsRefused()
    {
        var bytes = new CalibrationTable(
            new Dictionary<SeriesId, MemberCalibration?[]>(),
            new Dictionary<SignalKind, MemberCalibration?[]>()
        ).ToBytes();

        Assert.Contains(
            "ends after",
            Assert.Throws<InvalidDataException>(() => CalibrationTable.FromBytes(bytes[..^2])).Message,
            StringComparison.Ordinal
        );
        bytes[4] = 9;
        Assert.Contains("version 9", Assert.Throws<InvalidDataException>(() => CalibrationTable.FromBytes(bytes)).Message, StringComparison.Ordinal);
    }

    private static double[] Exponentials(ulong seed, int count, double scale)
    {
        var random = new Xoshiro256(seed);
        return [.. Enumerable.Range(0, count).Select(_ => -scale * Math.Log(1 - random.NextDouble()))];
    }
}
