using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Forecasting.Seasonal;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>What the members say of one row before calibration; NaN where a member has no opinion.</summary>
/// <param name="Forest">Isolation score, 0 to 1.</param>
/// <param name="Forecast">The LSTM's; its surprise is the raw score.</param>
/// <param name="Season">The seasonal model's expectation.</param>
/// <param name="SeasonalDistance">Distance from the seasonal expectation, in standard deviations.</param>
/// <param name="BankDistance">Distance of the newest window from normal ones, in scales of the series.</param>
internal readonly record struct RawScores(
    double Forest,
    LstmForecast Forecast,
    SeasonalExpectation Season,
    double SeasonalDistance,
    double BankDistance
)
{
    /// <summary>The score that is calibrated, by index in <see cref="MemberName.All"/>; higher is more anomalous.</summary>
    public double this[int member] =>
        member switch
        {
            MemberName.ForestIndex => Forest,
            MemberName.LstmIndex => Forecast.Surprise,
            MemberName.SeasonalIndex => SeasonalDistance,
            MemberName.BankIndex => BankDistance,
            _ => throw new ArgumentOutOfRangeException(nameof(member), member, "no such member"),
        };
}
