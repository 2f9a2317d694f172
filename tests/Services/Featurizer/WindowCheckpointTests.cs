using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

public sealed class WindowCheckpointTests(SmallModel model)
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Read_WhatWasWritten_GoesOnWithTheSameWindows()
    {
        var before = Filled();
        var after = new Shard(0, SeriesLimits.Default);

        WindowCheckpoint.Read(WindowCheckpoint.Of(before).Write(), after, At);

        Assert.Equal(
            before.Series.Select(s => s.Series).OrderBy(s => s.Id.Fingerprint),
            after.Series.Select(s => s.Series).OrderBy(s => s.Id.Fingerprint)
        );
        foreach (var series in before.Series)
        {
            var restored = after.Find(series.Series.Id)!;
            Assert.Equal(series.Window.Latest, restored.Window.Latest);
            Assert.Equal(series.Window.Count, restored.Window.Count);
        }
    }

    [Fact]
    public void Read_AnyCutContent_IsRefusedAsACheckpoint()
    {
        var bytes = WindowCheckpoint.Of(Filled()).Write();
        foreach (var length in new[] { 0, 1, 17, bytes.Length / 2, bytes.Length - 9 })
            Assert.Throws<InvalidDataException>(() => WindowCheckpoint.Read(bytes[..length], new Shard(0, SeriesLimits.Default), At));
    }

    [Fact]
    public void Read_SomethingElse_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => WindowCheckpoint.Read("{}"u8.ToArray(), new Shard(0, SeriesLimits.Default), At));

    private Shard Filled()
    {
        var shard = new Shard(0, SeriesLimits.Default);
        for (var i = 0; i < model.Series.Count; i++)
        {
            var window = shard.Add(model.Series[i].Identity, new SeriesWindow(model.Step), At).Window;
            for (var k = 0; k < 20 + i; k++)
                window.Append(new(model.End + (k * model.Step), k * i));
        }
        return shard;
    }
}
