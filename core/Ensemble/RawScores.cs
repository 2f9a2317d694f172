using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Forecasting.Seasonal;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>What the members say of one row before calibration; NaN where a member has no opinion.</summary>
/// <param name="Forest">Isolation score, 0 to 1.</param>
/// <param name="Forecast">The LSTM's; its surprise is the raw score.</param>
/// <param name="Season">The seasonal model's expectation.</param>
/// <param name="SeasonalDistance">Distance from the seasonal expectation, in standard deviations.</param>
internal readonly record struct RawScores(double Forest, LstmForecast Forecast, SeasonalExpectation Season, double SeasonalDistance)
{
    /// <summary>
    /// The score that is calibrated. Surprise and distance are compressed by ln(1 + x): on bursty series they are heavier-tailed than any bounded
    /// Pareto shape, and what a Pareto tail is to them, an exponential one is to their logarithm.
    /// </summary>
    public double this[int member] =>
        member switch
        {
            MemberName.ForestIndex => Forest,
            MemberName.LstmIndex => Math.Log(1 + Forecast.Surprise),
            MemberName.SeasonalIndex => SeasonalScore(SeasonalDistance),
            _ => throw new ArgumentOutOfRangeException(nameof(member), member, "no such member"),
        };

    public static double SeasonalScore(double distance) => Math.Log(1 + distance);

    public static double SeasonalDistanceOf(double score) => Math.Exp(score) - 1;
}
