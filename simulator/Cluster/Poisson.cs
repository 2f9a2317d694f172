namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Whole numbers of rare events, a pure function of (seed, position).</summary>
internal static class Poisson
{
    private const double LargeMean = 30;

    public static double Draw(double mean, ulong seed, long position)
    {
        if (mean > LargeMean)
            return Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * HashNoise.Normal(seed, position)));
        var u = HashNoise.Unit(seed, position);
        var p = Math.Exp(-mean);
        var count = 0;
        for (var below = p; u > below && count < 200; below += p)
            p *= mean / ++count;
        return count;
    }
}
