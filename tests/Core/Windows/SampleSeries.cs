using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Windows;

/// <summary>Made series for window and feature tests: a daily wave with noise.</summary>
internal static class SampleSeries
{
    internal static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 7, 3, TimeSpan.Zero);
    internal static readonly TimeSpan Step = TimeSpan.FromSeconds(15);

    internal static Sample At(int step, double value) => new(Start + Step * step, value);

    internal static Sample[] Wave(int count, ulong seed, double noise = 0.3)
    {
        var random = new Xoshiro256(seed);
        var samples = new Sample[count];
        for (var i = 0; i < count; i++)
            samples[i] = At(i, Level(Start + Step * i) + noise * random.NextGaussian() + 0.5 * Math.Sin(2 * Math.PI * i / 40));
        return samples;
    }

    /// <summary>Seven days of 15-minute means before <see cref="Start"/>, stamped with the start of the slot.</summary>
    internal static Sample[] History(ulong seed, int days = 7)
    {
        var random = new Xoshiro256(seed);
        var quarter = TimeSpan.FromMinutes(15);
        var first = new DateTimeOffset(Start.UtcTicks / quarter.Ticks * quarter.Ticks, TimeSpan.Zero) - TimeSpan.FromDays(days);
        return
        [
            .. Enumerable.Range(0, days * 96).Select(i => new Sample(first + quarter * i, Level(first + quarter * i) + 0.1 * random.NextGaussian())),
        ];
    }

    internal static Sample[] Scaled(Sample[] samples, double a, double b) => [.. samples.Select(s => s with { Value = a * s.Value + b })];

    private static double Level(DateTimeOffset t) => 20 + 5 * Math.Sin(2 * Math.PI * t.TimeOfDay.TotalDays);
}
