namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>What the model expected of a sample, in the series' unit, and how unusual the sample was.</summary>
/// <param name="Expected">Median.</param>
/// <param name="Lower">Lowest level, 1 % by default.</param>
/// <param name="Upper">Highest level, 99 % by default.</param>
/// <param name="TailProbability">Two-sided, in (0, 1]; raw, to be calibrated.</param>
/// <param name="Surprise">−ln of the tail probability, which does not underflow; the raw score.</param>
public readonly record struct LstmForecast(double Expected, double Lower, double Upper, double TailProbability, double Surprise)
{
    /// <summary>Half or more of the window was missing: no forecast, every number is NaN.</summary>
    public static readonly LstmForecast TooFewInputs = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    public bool IsScored => !double.IsNaN(Surprise);
}
