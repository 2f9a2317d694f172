using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Path;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

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
        var (shard, batch) = (new Shard(0, SeriesLimits.Default), model.Batch(series.Fine.Values.Length));

        using var intake = Gate().Begin(batch.Samples);
        List<(float[] Features, float[] Recent, double Value)> served = [];
        for (var column = 0; column < batch.Samples.Columns; column++)
        {
            var fresh = new AppendSamples(_stages).Run(shard, intake, column);
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
        var shard = new Shard(0, SeriesLimits.Default);
        var watched = new WatchedSeries(model.Series[0].Identity, DetectionRule.Any);
        Track(15).Append(new(model.End, 1));
        Assert.Equal(1, Track(15).Count);
        Assert.Equal(0, Track(30).Count);

        SeriesWindow Track(int seconds)
        {
            Assert.Equal(SeriesRefusal.None, shard.TryTrack(watched, TimeSpan.FromSeconds(seconds), model.End, out var tracked));
            return tracked!.Window;
        }
    }

    [Fact]
    public void Append_MissingSamples_AreNoFreshOnes()
    {
        WatchedSeries[] watched = [.. model.Series.Take(2).Select(s => new WatchedSeries(s.Identity, DetectionRule.Any))];
        var table = new SampleTable(model.End, model.Step, 1, watched, [double.NaN, 2]);
        using var intake = Gate().Begin(table);
        var fresh = Assert.Single(new AppendSamples(_stages).Run(new Shard(0, SeriesLimits.Default), intake, 0));
        Assert.Equal((watched[1].Series.Id, 2.0), (fresh.Series.Series.Id, fresh.Value));
    }

    [Fact]
    public void Stages_OfTheSteps_CountTheirSamples()
    {
        var batch = model.Batch(3);
        using var intake = Gate().Begin(batch.Samples);
        var fresh = new AppendSamples(_stages).Run(new Shard(0, SeriesLimits.Default), intake, 0);
        using var rows = new ExtractRows(_stages).Run(fresh);
        Assert.Equal(model.Series.Count, rows.Rows.Count);
    }

    private static SampleGate Gate() =>
        new(TimeProvider.System, new FeaturizerMetrics(new ServiceMetrics(new AppIdentity("test"))), NullLogger<SampleGate>.Instance);
}
