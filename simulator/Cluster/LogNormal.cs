namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>The distribution function of latency; erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7).</summary>
internal static class LogNormal
{
    public static double Cdf(double logX, double logMedian, double sigma)
    {
        var z = (logX - logMedian) / (sigma * Math.Sqrt(2));
        var a = Math.Abs(z);
        if (a > 5)
            return z > 0 ? 1 : 0;
        var t = 1 / (1 + 0.3275911 * a);
        var erf = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.Exp(-a * a);
        return 0.5 * (1 + (z > 0 ? erf : -erf));
    }
}
