using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Tests.Ensemble.Training;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class EnsembleScorerTests(TrainedEnsemble trained) : IClassFixture<TrainedEnsemble>
{
    [Fact]
    public void Score_LevelShift_IsAboveOneWithReasonsAndVotes()
    {
        const int At = 1300;
        var hurt = (double[])trained.Set.Series[4].Fine.Values.Clone();
        for (var i = At; i < At + 40; i++)
            hurt[i] *= 2;
        var begin = trained.Set.Series[4].Fine.TimeAt(At);

        var verdicts = trained.Scorer.Score(trained.Rows(4, hurt));

        var first = verdicts.Single(v => v.Timestamp == begin);
        Assert.True(first.AnomalyScore > 1, $"score {first.AnomalyScore}");
        Assert.True(first.Value > first.Upper && first.Expected > first.Lower && first.Expected < first.Upper);
        Assert.Equal(MemberName.All, first.Votes.Select(v => v.Member));
        Assert.All(first.Votes, v => Assert.Equal(SeriesState.Ok, v.State));
        Assert.InRange(first.Why.Count, 1, 5);
        Assert.InRange(first.Why.Sum(w => w.Share), 0.05, 1.000001);
        Assert.Equal(first.Why.OrderByDescending(w => w.Share), first.Why);
        // The shift stays visible to the season for as long as it lasts.
        Assert.True(verdicts.Where(v => v.Timestamp >= begin && v.Timestamp < begin.AddMinutes(10)).Count(v => v.AnomalyScore > 1) >= 36);
    }

    [Fact]
    public void Score_UntouchedSamples_RarelyReachTheThresholdAndStayInTheBand()
    {
        var verdicts = Enumerable.Range(0, 12).SelectMany(i => trained.Scorer.Score(trained.Rows(i))).ToArray();

        Assert.True(verdicts.Length > 3000);
        Assert.All(verdicts, v => Assert.Equal(SeriesState.Ok, v.State));
        Assert.True(verdicts.Count(v => v.AnomalyScore > 1) <= 3, $"{verdicts.Count(v => v.AnomalyScore > 1)} of {verdicts.Length} flagged");
        Assert.InRange(verdicts.Average(v => v.Value >= v.Lower && v.Value <= v.Upper ? 1.0 : 0), 0.97, 1);
        Assert.All(verdicts.Where(v => v.AnomalyScore < ScoreThresholds.Report), v => Assert.Empty(v.Why));
    }

    [Fact]
    public void Score_SampleInsideItsExpectedRange_IsAnomalousOnlyByTwoMembersWord()
    {
        // Every kind of row: untouched ones, and ones whose windows were torn to pieces while the newest sample is as expected.
        var random = new Xoshiro256(3);
        ScoreRow[] rows =
        [
            .. Enumerable
                .Range(0, 12)
                .SelectMany(i => trained.Rows(i))
                .SelectMany(r =>
                    (ScoreRow[])
                        [
                            r,
                            r with
                            {
                                Recent = r.Recent.ToArray().Select(v => (float)(v * (1 + random.NextGaussian()))).ToArray(),
                            },
                            r with
                            {
                                Features = r.Features.ToArray().Select(v => v + 20).ToArray(),
                            },
                        ]
                ),
        ];

        var inside = trained.Scorer.Score(rows).Where(v => v.Value >= v.Lower && v.Value <= v.Upper).ToArray();

        Assert.True(inside.Length > 3000);
        Assert.Contains(inside, v => v.Votes.Any(m => m.AnomalyScore > 1) && v.AnomalyScore <= 1);
        Assert.All(inside.Where(v => v.AnomalyScore > 1), v => Assert.True(v.Votes.Count(m => m.AnomalyScore > 1) > 1));
    }

    [Fact]
    public void Score_UnknownSeries_UsesWhatItsKindHasInCommon()
    {
        var row = trained.Rows(0)[^1] with { Id = new SeriesId(123) };

        var verdict = trained.Scorer.Score([row])[0];

        Assert.Equal(SeriesState.WarmingUp, verdict.State);
        Assert.Contains("does not know the series", verdict.Reason, StringComparison.Ordinal);
        Assert.Equal(SeriesState.Ok, verdict.Votes[MemberName.ForestIndex].State);
        Assert.Equal(SeriesState.Ok, verdict.Votes[MemberName.LstmIndex].State);
        Assert.Equal(SeriesState.WarmingUp, verdict.Votes[MemberName.SeasonalIndex].State);
        Assert.True(double.IsNaN(verdict.Votes[MemberName.SeasonalIndex].P));
        Assert.True(verdict.AnomalyScore < 1);
        Assert.True(double.IsFinite(verdict.Expected), "the LSTM still expects something");
    }

    [Fact]
    public void Score_WhatCannotBeScored_SaysWhy()
    {
        var row = trained.Rows(0)[^1];
        var still = trained.Rows(SyntheticCluster.Constant)[^1];

        var verdicts = trained.Scorer.Score([
            row with
            {
                Value = double.NaN,
            },
            row with
            {
                MissingFraction = 0.6f,
            },
            still,
            row with
            {
                Timestamp = row.Timestamp.AddDays(30),
            },
            row,
        ]);

        Assert.Equal(
            [SeriesState.NoData, SeriesState.Sparse, SeriesState.Constant, SeriesState.StaleModel, SeriesState.Ok],
            verdicts.Select(v => v.State)
        );
        Assert.All(verdicts[..4], v => Assert.NotNull(v.Reason));
        Assert.All(verdicts[..3], v => Assert.Equal(0, v.AnomalyScore));
        Assert.Null(verdicts[4].Reason);
    }

    [Fact]
    public void Score_OneByOneOrTogetherOrFromManyThreads_IsTheSame()
    {
        ScoreRow[] rows = [.. trained.Rows(0).Take(40), .. trained.Rows(1).Take(40), .. trained.Rows(5).Take(40)];
        var together = trained.Scorer.Score(rows);

        var single = new SeriesScore[rows.Length];
        Parallel.For(0, rows.Length, i => single[i] = trained.Scorer.Score([rows[i]])[0]);

        for (var i = 0; i < rows.Length; i++)
        {
            Assert.Equal(rows[i].Id, single[i].Id);
            Assert.Equal(together[i].AnomalyScore, single[i].AnomalyScore, 1e-3);
        }
    }

    [Fact]
    public void Load_OtherFeatureSchema_IsRefused()
    {
        var other = ModelBundle.Create(trained.Bundle.Manifest with { FeatureSchema = new string('0', 64), Version = "7" }, trained.Bundle.ToFiles());

        var error = Assert.Throws<InvalidDataException>(() => EnsembleScorer.Load(other));

        Assert.Contains("model v7: feature schema 0000… does not match this build", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileThatIsAnotherMembers_IsRefused()
    {
        var files = trained.Bundle.ToFiles().ToDictionary();
        files[EnsembleFiles.Lstm] = files[EnsembleFiles.Seasonal];

        Assert.Throws<InvalidDataException>(() => EnsembleScorer.Load(ModelBundle.Create(trained.Bundle.Manifest, files)));
    }

    [Fact]
    public void Load_WithoutTheLstm_TheOthersCarryOn()
    {
        var bundle = SyntheticCluster.Train(trained.Set, EnsembleFiles.Lstm);
        using var scorer = EnsembleScorer.Load(bundle);

        var verdict = scorer.Score([trained.Rows(2)[^1]])[0];

        Assert.Equal([MemberName.Forest, MemberName.Seasonal, MemberName.Bank], bundle.Manifest.Members);
        Assert.Equal(SeriesState.Ok, verdict.State);
        Assert.Equal(SeriesState.StaleModel, verdict.Votes[MemberName.LstmIndex].State);
        var p = verdict.Votes.Where(v => v.State == SeriesState.Ok).Select(v => v.P).ToArray();
        var joint = CalibrationTable
            .FromBytes(bundle[EnsembleFiles.Calibration])
            .PValue(verdict.Id, SignalKind.Traffic, CalibrationTable.Joint, Evidence.Join(p));
        Assert.Equal(AnomalyScore.Of(joint, bundle.Manifest.Risk), verdict.AnomalyScore, 1e-9);
    }
}
