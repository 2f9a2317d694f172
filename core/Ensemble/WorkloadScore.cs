namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>The one score of a workload: what its series say together.</summary>
public static class WorkloadScore
{
    /// <summary>The mean of the series' anomaly scores; 0 without any.</summary>
    public static double Of(ReadOnlySpan<double> scores)
    {
        var sum = 0.0;
        foreach (var score in scores)
            sum += score;
        return scores.IsEmpty ? 0 : sum / scores.Length;
    }
}
