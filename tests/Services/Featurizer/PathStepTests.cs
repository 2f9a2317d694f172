using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Path;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>The steps of the path by themselves.</summary>
public sealed class PathStepTests(SmallModel model)
{
    private readonly StageMeter _stages = new(new ServiceMetrics(new AppIdentity("test")));

    [Fact]
    public void AppendAndExtract_TheSamplesOfATraining_GiveItsRowsBitForBit()
    {
        var series = model.Series[2];
        var young = series with { Coarse = new(series.Coarse.Start, series.Coarse.Step, []) };
        var trained = RowReplay.Rows(
            series.Identity,
            young.Coarse,
            series.Fine,
            series.Fine.Start + TimeSpan.FromHours(1),
            series.Fine.End,
            stride: 1
        );
        var (shard, batch) = (new Shard(0), model.Batch(series.Fine.Values.Length));

        List<(float[] Features, float[] Recent, double Value)> served = [];
        for (var column = 0; column < batch.Samples.Columns; column++)
        {
            var fresh = new AppendSamples(_stages).Run(shard, batch.Samples, column);
            using var rows = new ExtractRows(_stages).Run([.. fresh.Where(f => f.Series.Series.Id == series.Identity.Id)]);
            if (column >= 240)
                served.Add((rows.Rows[0].Features.ToArray(), rows.Rows[0].Recent.ToArray(), rows.Rows[0].Value));
        }

        Assert.Equal(trained.Count, served.Count);
        for (var i = 0; i < served.Count; i++)
        {
            Assert.Equal(trained[i].Features.ToArray(), served[i].Features);
            Assert.Equal(trained[i].Recent.ToArray(), served[i].Recent);
            Assert.Equal(trained[i].Value, served[i].Value);
        }
    }

    [Fact]
    public void Append_SampleOfAnotherStep_BeginsTheWindowAnew()
    {
        var shard = new Shard(0);
        var watched = new WatchedSeries(model.Series[0].Identity, DetectionRule.Any);
        shard.Track(watched, TimeSpan.FromSeconds(15)).Window.Append(new(model.End, 1));
        Assert.Equal(1, shard.Track(watched, TimeSpan.FromSeconds(15)).Window.Count);
        Assert.Equal(0, shard.Track(watched, TimeSpan.FromSeconds(30)).Window.Count);
    }

    [Fact]
    public void Append_MissingSamples_AreNoFreshOnes()
    {
        WatchedSeries[] watched = [.. model.Series.Take(2).Select(s => new WatchedSeries(s.Identity, DetectionRule.Any))];
        var table = new SampleTable(model.End, model.Step, 1, watched, [double.NaN, 2]);
        var fresh = Assert.Single(new AppendSamples(_stages).Run(new Shard(0), table, 0));
        Assert.Equal((watched[1].Series.Id, 2.0), (fresh.Series.Series.Id, fresh.Value));
    }

    [Fact]
    public void Stages_OfTheSteps_CountTheirSamples()
    {
        var batch = model.Batch(3);
        var fresh = new AppendSamples(_stages).Run(new Shard(0), batch.Samples, 0);
        using var rows = new ExtractRows(_stages).Run(fresh);
        Assert.Equal(model.Series.Count, rows.Rows.Count);
    }
}
