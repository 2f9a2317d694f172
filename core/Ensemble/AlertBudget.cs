namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Sensitivity as a promise instead of a magic number: at most so many incidents a day.</summary>
public static class AlertBudget
{
    public const double SmallestRisk = 1e-9;
    public const double LargestRisk = 1e-3;

    /// <summary>The risk of a sample that spends the budget: <c>q = B κ Δ/(86400 M)</c>.</summary>
    /// <param name="incidentsPerDay">B, the budget.</param>
    /// <param name="samplesPerIncident">κ, flagged samples in a typical incident.</param>
    /// <param name="step">Δ, time between samples of a series.</param>
    /// <param name="series">M, number of series that share the budget.</param>
    public static double Risk(double incidentsPerDay, double samplesPerIncident, TimeSpan step, int series)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(incidentsPerDay);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samplesPerIncident);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(series);
        return incidentsPerDay * samplesPerIncident * step.TotalSeconds / (86400.0 * series);
    }

    /// <summary>
    /// Tomorrow's risk after a day with <paramref name="alerts"/>: <c>ln q</c> moves by a tenth of the relative error of the budget against it,
    /// within [1e-9, 1e-3].
    /// </summary>
    public static double Adjust(double risk, double alerts, double incidentsPerDay) =>
        Math.Clamp(Math.Exp(Math.Log(risk) - 0.1 * (alerts - incidentsPerDay) / Math.Max(incidentsPerDay, 1)), SmallestRisk, LargestRisk);
}
