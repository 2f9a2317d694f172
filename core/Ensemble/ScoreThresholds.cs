namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Every threshold on the anomaly score, in one place, for training, evaluation, serving and incidents alike. A score is compared with
/// <c>&gt;</c> to be anomalous (the field's convention: up to 1 is normal) and with <c>&gt;=</c> to be kept in view.
/// </summary>
public static class ScoreThresholds
{
    /// <summary>Above this a sample is anomalous.</summary>
    public const double Anomalous = 1.0;

    /// <summary>A signal of an open incident is calm again below this.</summary>
    public const double Calm = 0.7;

    /// <summary>
    /// Scores at or above this are published to the incident tracker and carry their reasons. Not above <see cref="Calm"/>.
    /// </summary>
    public const double Report = 0.7;

    public static bool IsAnomalous(double score) => score > Anomalous;

    public static bool IsReported(double score) => score >= Report;
}
