namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>The field's convention for a score: 0 as expected, 1 at the threshold, above 1 anomalous.</summary>
public static class AnomalyScore
{
    public const double Largest = 10;

    /// <summary><c>ln p / ln q</c>, at most 10. <paramref name="risk"/> q is the probability with which a normal sample may reach 1.</summary>
    public static double Of(double p, double risk) => p <= 0 ? Largest : Math.Min(Largest, Math.Max(0, Math.Log(p) / Math.Log(risk)));
}
