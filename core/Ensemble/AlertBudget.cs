namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Sensitivity as a promise instead of a magic number: at most so many incidents a day.</summary>
public static class AlertBudget
{
    public const double MinRisk = 1e-9;
    public const double MaxRisk = 1e-3;

    /// <summary>The budget that a model is trained for: its manifest's risk spends this much.</summary>
    public const double DefaultIncidentsPerDay = 2;

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
    /// The anomaly score that another budget asks for. The model's score is <c>ln p / ln q</c>, so that 1 spends the default budget; a budget B may
    /// spend the
    /// risk <c>q·B/2</c>, which is the score <c>ln(q·B/2) / ln q</c>: above 1 for a smaller budget, below 1 for a larger one, always above 0.
    /// </summary>
    /// <param name="modelRisk">q of the model's manifest; it lies between 0 and 1.</param>
    /// <param name="incidentsPerDay">B, from 0: a budget of 0 asks for the rarest that can be told apart. The risk of B is held within [1e-9,
    /// 1e-3].</param>
    public static double OpenScore(double modelRisk, double incidentsPerDay)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(modelRisk);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(modelRisk, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(incidentsPerDay);
        var risk = Math.Clamp(modelRisk * incidentsPerDay / DefaultIncidentsPerDay, MinRisk, MaxRisk);
        return Math.Log(risk) / Math.Log(modelRisk);
    }

    /// <summary>Tomorrow's risk after a day with <paramref name="alerts"/>: <c>ln q</c> moves by a tenth of the relative error of the budget
    /// against it, within [1e-9, 1e-3].</summary>
    public static double Adjust(double risk, double alerts, double incidentsPerDay) =>
        Math.Clamp(Math.Exp(Math.Log(risk) - 0.1 * (alerts - incidentsPerDay) / Math.Max(incidentsPerDay, 1)), MinRisk, MaxRisk);
}
