namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>
/// Noise that is a pure function of (seed, position), so that any instant can be computed without those before it. Bits by SplitMix64 (Steele, Lea,
/// Flood 2014).
/// </summary>
internal static class HashNoise
{
    public static ulong Mix(ulong seed, long position)
    {
        var z = seed + 0x9e3779b97f4a7c15UL * (ulong)(position + 1);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }

    public static ulong Seed(ulong seed, string name)
    {
        foreach (var c in name)
            seed = Mix(seed, c);
        return seed;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public static double Unit(ulong seed, long position) => (Mix(seed, position) >> 11) * (1.0 / (1UL << 53));

    /// <summary>About normal, mean 0, standard deviation 1 (sum of four uniforms, so within ±3.5).</summary>
    public static double Normal(ulong seed, long position)
    {
        var bits = Mix(seed, position);
        var sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        return (sum / 65535.0 - 2) * 1.7320508;
    }

    /// <summary>Smooth in [-1, 1], with a new value at each whole <paramref name="x"/> and a slope of at most 3.</summary>
    public static double Smooth(ulong seed, double x)
    {
        var cell = Math.Floor(x);
        var f = x - cell;
        var a = Unit(seed, (long)cell) * 2 - 1;
        var b = Unit(seed, (long)cell + 1) * 2 - 1;
        return a + (b - a) * f * f * (3 - 2 * f);
    }

    /// <summary>
    /// Bounded wandering of a clock, in seconds: its slope stays within ±0.6, so <c>t + Warp(t)</c> rises always and a counter over it has a rate
    /// with memory.
    /// </summary>
    public static double Warp(ulong seed, double t) => 4 * Smooth(seed, t / 60) + 20 * Smooth(seed ^ 1, t / 300) + 130 * Smooth(seed ^ 2, t / 1950);
}
