namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>
/// The weekly profile of shoppers: two harmonics, a lunch and an evening bump, quieter nights (peak to trough about 5) and a busier weekend; mean
/// about 0.6 of the peak.
/// </summary>
internal static class TrafficShape
{
    private static readonly double[] ByDay = [1.08, 1.0, 1.0, 1.0, 1.0, 0.97, 1.1];

    /// <summary>Level between about 0.2 and 1.1 at a time of the week (UTC).</summary>
    public static double At(long unixMs)
    {
        var days = unixMs / 86_400_000.0 + 4;
        var day = (int)(Math.Floor(days) % 7);
        var hour = (days - Math.Floor(days)) * 24;
        // Across midnight the day's factor turns over two hours, not at once.
        var next = (day + 1) % 7;
        var turn =
            hour > 23 ? (hour - 23) / 2
            : hour < 1 ? (hour + 1) / 2
            : 1;
        var factor =
            hour > 23 ? ByDay[day] * (1 - turn) + ByDay[next] * turn
            : hour < 1 ? ByDay[(day + 6) % 7] * (1 - turn) + ByDay[day] * turn
            : ByDay[day];
        return factor
            * (
                0.55
                - 0.30 * Math.Cos(2 * Math.PI * (hour - 3) / 24)
                - 0.06 * Math.Cos(4 * Math.PI * (hour - 3) / 24)
                + Bump(hour, 12.5, 1.0, 0.08)
                + Bump(hour, 20, 1.4, 0.12)
            );
    }

    private static double Bump(double hour, double at, double width, double height)
    {
        var d = Math.Abs(hour - at);
        d = Math.Min(d, 24 - d) / width;
        return height * Math.Exp(-d * d / 2);
    }
}
