using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Ensemble.Training;

public class EnsembleTrainingTests(TrainedEnsemble trained) : IClassFixture<TrainedEnsemble>
{
    [Fact]
    public void Evaluate_TrainedModel_ReportsWhatItFoundAndWhatItMissed()
    {
        var figures = EnsembleTraining.Evaluate(trained.Set, trained.Bundle, TestContext.Current.CancellationToken).Figures;

        Assert.Equal(12, figures["eval/faults"]);
        Assert.Equal(13, figures["eval/series"]);
        Assert.InRange(figures["eval/detection_rate"], 0.7, 1);
        Assert.InRange(figures["eval/false_positive_rate"], 0, 0.002);
        Assert.InRange(figures["eval/band_coverage_99"], 0.97, 1);
        foreach (
            var name in (string[])
                ["eval/auc_pr", "eval/vus_pr", "eval/forest/auc_pr", "eval/lstm/vus_pr", "eval/seasonal/auc_pr", "eval/detection_rate/level_shift"]
        )
            Assert.InRange(figures[name], 0.05, 1.0001);
        Assert.InRange(figures["eval/lstm/pinball"], 0.001, 1);
        Assert.All(figures.Values, v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void Train_ReportPartChanged_ChangesNoFile()
    {
        var other = SyntheticCluster.Set((_, _, fine) => fine.AsSpan((int)(0.8 * fine.Length)).Fill(99));

        Assert.Equal(Digests(trained.Bundle), Digests(SyntheticCluster.Train(other)));
    }

    [Fact]
    public void Train_CalibrationPartChanged_ChangesTheCalibrationOnly()
    {
        // The coarse history overlaps the fine one: what lies after the cut must not fit the seasonal models either.
        var other = SyntheticCluster.Set(
            (i, coarse, fine) =>
            {
                if (i == 3)
                    fine.AsSpan(fine.Length / 2, fine.Length / 5).Fill(50);
                coarse.AsSpan(coarse.Length - 36).Fill(77);
            }
        );

        var (before, after) = (Digests(trained.Bundle), Digests(SyntheticCluster.Train(other)));

        Assert.Equal([EnsembleFiles.Calibration], before.Keys.Where(f => before[f] != after[f]));
    }

    [Fact]
    public void Bundle_TrainedModel_NamesWhatItIs()
    {
        var manifest = trained.Bundle.Manifest;

        Assert.Equal(FeatureSchema.Current.Hash, manifest.FeatureSchema);
        Assert.Equal(MemberName.All, manifest.Members);
        Assert.Equal(13, manifest.SeriesCount);
        Assert.Equal(15, manifest.StepSeconds);
        Assert.InRange(manifest.Risk, 1e-6, 1e-3);
        Assert.Equal(
            trained.Set.Series[0].Identity,
            trained.Scorer.Series[0].ToIdentity(),
            (a, b) => a.Id == b.Id && a.Kind == b.Kind && a.Unit == b.Unit
        );
        var report = new EvaluationReport(new Dictionary<string, double> { ["eval/auc_pr"] = 0.5 });
        var reported = ModelBundle.FromFiles(EnsembleTraining.WithEvaluation(trained.Bundle, report).ToFiles());
        Assert.Equal(0.5, reported.Manifest.Evaluation["eval/auc_pr"]);
        Assert.Equal(trained.Bundle.Sha256, reported.Sha256);
    }

    [Fact]
    public void TrainingSet_GridsThatDiffer_NamesTheSeries()
    {
        var series = trained.Set.Series.ToArray();
        series[2] = series[2] with { Fine = series[2].Fine with { Values = new double[10] } };

        var error = Assert.Throws<ArgumentException>(() => new TrainingSet(series));

        Assert.Contains("w2", error.Message, StringComparison.Ordinal);
        Assert.Contains("fine grid (10 values", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FaultShape.LevelShift, 40)]
    [InlineData(FaultShape.Spike, 3)]
    [InlineData(FaultShape.Drop, 40)]
    [InlineData(FaultShape.Ramp, 80)]
    public void Plant_AnyShape_ChangesOnlyItsOwnSamplesAndIsRepeatable(FaultShape shape, int length)
    {
        double[] values = [.. Enumerable.Repeat(100.0, 500)];

        var fault = FaultInjector.Plant(values, 200, 400, 1, shape, TimeSpan.FromSeconds(15), new Xoshiro256(5))!;
        var again = FaultInjector.Plant(values, 200, 400, 1, shape, TimeSpan.FromSeconds(15), new Xoshiro256(5))!;

        Assert.Equal(again.Values, fault.Values);
        Assert.Equal(length, fault.Length);
        Assert.True(fault.First >= 200 && fault.First + length <= 400);
        Assert.All(Enumerable.Range(0, 500), i => Assert.Equal(i >= fault.First && i < fault.First + length, fault.Values[i] != 100));
        Assert.All(values, v => Assert.Equal(100, v));
        Assert.Null(FaultInjector.Plant(values, 200, 200 + length - 1, 1, shape, TimeSpan.FromSeconds(15), new Xoshiro256(5)));
    }

    private static Dictionary<string, string> Digests(ModelBundle bundle) => bundle.Manifest.Files.ToDictionary(f => f.Name, f => f.Sha256);
}
