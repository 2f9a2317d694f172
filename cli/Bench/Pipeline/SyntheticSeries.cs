namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>
/// Series whose value at any instant is computed from their number and the instant alone, so that every range of every query agrees with every
/// other: a level, a daily shape with a phase of its own, and noise of a few percent.
/// </summary>
internal static class SyntheticSeries
{
    private const double DayMs = 24 * 3600 * 1000.0;
    private const double DailyShare = 0.3;
    private const double NoiseShare = 0.1;

    /// <summary>Value in thousandths, positive.</summary>
    public static long ThousandthsAt(int series, long timeMs)
    {
        var own = Mix((ulong)series + 1);
        var level = 50_000 + (own % 1_000_000);
        var phase = own >> 44;
        var day = Math.Sin(2 * Math.PI * ((timeMs / DayMs) + (phase / (double)(1 << 20))));
        var noise = (Mix(own ^ (ulong)timeMs) >> 11) / (double)(1L << 53);
        return (long)(level * (1 + (DailyShare * day) + (NoiseShare * (noise - 0.5))));
    }

    /// <summary>SplitMix64's finalizer.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
