using System.Globalization;
using System.Text;

namespace Dapr.Anomaly.EndToEnd.Tests.Support;

/// <summary>
/// A past for node_cpu_seconds_total as OpenMetrics: this machine as it could have been, idle around a level that was measured, with bursts, for a
/// few hours. Each counter ends at what node-exporter says now, so that rate() sees no reset where the past meets the present. (It may start below
/// zero: a past longer than the machine has run.)
/// </summary>
internal static class NodeHistory
{
    /// <param name="now">What each counter says now, in seconds: where its past ends.</param>
    /// <param name="busyShare">Level of the quiet machine, 0 to 1.</param>
    public static string OpenMetrics(
        string instance,
        string job,
        IReadOnlyDictionary<(string Cpu, string Mode), double> now,
        double busyShare,
        DateTimeOffset from,
        DateTimeOffset to,
        TimeSpan step,
        int seed
    )
    {
        var random = new Core.Numerics.Xoshiro256((ulong)seed);
        var text = new StringBuilder("# TYPE node_cpu_seconds counter\n");
        var steps = (int)((to - from) / step);
        var busy = new double[steps];
        var (slow, burst) = (0.0, 0);
        for (var i = 0; i < steps; i++)
        {
            slow = (0.98 * slow) + (0.05 * random.NextGaussian());
            if (burst == 0 && random.NextDouble() < 0.004)
                burst = 6 + (int)(12 * random.NextDouble());
            burst = Math.Max(0, burst - 1);
            busy[i] = Math.Clamp(
                (busyShare * Math.Exp(slow + (0.25 * random.NextGaussian()))) + (burst > 0 ? 0.2 * random.NextDouble() : 0),
                0.002,
                0.5
            );
        }
        foreach (var ((cpu, mode), end) in now)
        {
            double Share(double busyNow) =>
                mode switch
                {
                    "idle" => 1 - busyNow,
                    "user" => 0.7 * busyNow,
                    "system" => 0.3 * busyNow,
                    _ => 0,
                };
            var counter = end - busy.Sum(b => Share(b) * step.TotalSeconds);
            for (var i = 0; i < steps; i++)
            {
                counter += Share(busy[i]) * step.TotalSeconds;
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"node_cpu_seconds_total{{cpu=\"{cpu}\",mode=\"{mode}\",instance=\"{instance}\",job=\"{job}\"}} {counter:0.###} "
                        + $"{(from + (i * step)).ToUnixTimeSeconds()}\n"
                );
            }
        }
        return text.Append("# EOF\n").ToString();
    }
}
