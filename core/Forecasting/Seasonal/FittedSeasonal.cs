using MathNet.Numerics.Distributions;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>A forecast of one instant in the unit of the series; lower and upper enclose the configured probability mass.</summary>
public readonly record struct SeasonalPrediction(double Expected, double Lower, double Upper);

/// <summary>
/// A fitted additive seasonal model: <c>yhat(t) = (trend + seasonal terms)·ValueScale + Floor</c>. Parameters are on scaled values and scaled time
/// (0 at <see cref="StartSeconds"/>, 1 one <see cref="TimeScaleSeconds"/> later). Immutable; safe for concurrent use.
/// </summary>
/// <remarks>Taylor and Letham, "Forecasting at Scale", 2018.</remarks>
public sealed class FittedSeasonal
{
    private readonly double _quantile;

    internal FittedSeasonal(
        SeasonalOptions options,
        double startSeconds,
        double timeScaleSeconds,
        double meanStep,
        double valueScale,
        double floor,
        double[] changepoints,
        IReadOnlyList<Seasonality> seasonalities,
        IReadOnlyList<HolidayTerm> holidays,
        ReadOnlySpan<double> theta,
        double sigma,
        double objective,
        DailyTemplate? template = null
    )
    {
        Options = options;
        StartSeconds = startSeconds;
        TimeScaleSeconds = timeScaleSeconds;
        MeanStep = meanStep;
        ValueScale = valueScale;
        Floor = floor;
        ChangepointTimes = changepoints;
        Seasonalities = seasonalities;
        HolidayTerms = holidays;
        Slope = theta[SeasonalDesign.Slope];
        Level = theta[SeasonalDesign.Level];
        SlopeChanges = theta.Slice(SeasonalDesign.Hinges, changepoints.Length).ToArray();
        Coefficients = theta[(SeasonalDesign.Hinges + changepoints.Length)..].ToArray();
        ScaledSigma = sigma;
        Objective = objective;
        Template = template;
        ChangeScale = changepoints.Length == 0 ? 0 : SlopeChanges.Average(Math.Abs) + 1e-8;
        _quantile = Normal.InvCDF(0, 1, 0.5 + options.IntervalLevel / 2);
    }

    public SeasonalOptions Options { get; }

    /// <summary>First training time, epoch seconds.</summary>
    public double StartSeconds { get; }

    /// <summary>Length of the training history in seconds.</summary>
    public double TimeScaleSeconds { get; }

    /// <summary>Divisor of the values.</summary>
    public double ValueScale { get; }

    /// <summary>Subtracted from the values before the division.</summary>
    public double Floor { get; }

    /// <summary>k: slope before the first changepoint (logistic: growth rate).</summary>
    public double Slope { get; }

    /// <summary>m: level at scaled time 0 (logistic: time of the midpoint).</summary>
    public double Level { get; }

    /// <summary>δ: changes of slope at <see cref="ChangepointTimes"/>; many are exactly zero.</summary>
    public IReadOnlyList<double> SlopeChanges { get; }

    /// <summary>Scaled times of the changepoints.</summary>
    public IReadOnlyList<double> ChangepointTimes { get; }

    public IReadOnlyList<Seasonality> Seasonalities { get; }

    /// <summary>β: sine and cosine of each order of each seasonality, then holidays.</summary>
    public IReadOnlyList<double> Coefficients { get; }

    /// <summary>Residual standard deviation in the unit of the series.</summary>
    public double Sigma => ScaledSigma * ValueScale;

    /// <summary>The minimised negative log posterior without constants (scaled values).</summary>
    public double Objective { get; }

    internal IReadOnlyList<HolidayTerm> HolidayTerms { get; }

    internal DailyTemplate? Template { get; }

    internal double ScaledSigma { get; }

    /// <summary>λ: scale of future slope changes.</summary>
    internal double ChangeScale { get; }

    /// <summary>Mean scaled time between training rows: the Δt of the trend's closed-form variance.</summary>
    internal double MeanStep { get; }

    public SeasonalPrediction Predict(DateTimeOffset time) => Predict(EpochSeconds(time));

    /// <summary>
    /// Expected value and closed-form normal interval at <paramref name="epochSeconds"/>; beyond the history the interval widens with the trend's
    /// uncertainty.
    /// </summary>
    public SeasonalPrediction Predict(double epochSeconds)
    {
        var expected = Expected(epochSeconds);
        var half = _quantile * DeviationAt(epochSeconds);
        return new(expected, expected - half, expected + half);
    }

    /// <summary>Expected value in the unit of the series.</summary>
    public double Expected(double epochSeconds)
    {
        var trend = ScaledTrend(epochSeconds);
        var terms = ScaledTerms(epochSeconds);
        var scaled = Options.Mode == SeasonalityMode.Multiplicative ? trend * (1 + terms) : trend + terms;
        return (scaled + (Template?.At(epochSeconds / 86400).Value ?? 0)) * ValueScale + Floor;
    }

    /// <summary>Trend alone in the unit of the series.</summary>
    public double Trend(double epochSeconds) => ScaledTrend(epochSeconds) * ValueScale + Floor;

    /// <summary>
    /// Standard deviation of a new observation in the unit of the series: the residual's, and beyond the history that of the trend when slope changes
    /// keep coming at the historical rate and size: <c>2λ²S(u³/3 − Δt²u/12)</c> for scaled time u past the end. Within a steep slot of a daily event
    /// it is wider.
    /// </summary>
    public double DeviationAt(double epochSeconds)
    {
        var beyond = Math.Max(0, ScaledTime(epochSeconds) - 1);
        var drift = 2 * ChangeScale * ChangeScale * ChangepointTimes.Count * beyond * (beyond * beyond / 3 - MeanStep * MeanStep / 12);
        var steep = (Template?.At(epochSeconds / 86400).Change ?? 0) / 2;
        return Math.Sqrt(ScaledSigma * ScaledSigma + Math.Max(0, drift) + steep * steep) * ValueScale;
    }

    internal static double EpochSeconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / (double)TimeSpan.TicksPerSecond;

    internal double ScaledTime(double epochSeconds) => (epochSeconds - StartSeconds) / TimeScaleSeconds;

    internal double ScaledTrend(double epochSeconds)
    {
        var t = ScaledTime(epochSeconds);
        if (Options.Growth == SeasonalGrowth.Logistic)
            return LogisticTrend.Value(t, (Options.Cap!.Value - Floor) / ValueScale, Slope, Level, SlopeChanges, ChangepointTimes);
        var trend = Level + Slope * t;
        for (var j = 0; j < SlopeChanges.Count; j++)
            trend += SlopeChanges[j] * Math.Max(0, t - ChangepointTimes[j]);
        return trend;
    }

    internal double ScaledTerms(double epochSeconds)
    {
        var days = epochSeconds / 86400;
        var sum = 0.0;
        var c = 0;
        foreach (var seasonality in Seasonalities)
            for (var i = 1; i <= seasonality.Order; i++, c += 2)
            {
                var (sine, cosine) = Math.SinCos(2 * Math.PI * i / seasonality.PeriodDays * days);
                sum += Coefficients[c] * sine + Coefficients[c + 1] * cosine;
            }
        foreach (var holiday in HolidayTerms)
        {
            if (holiday.Covers(epochSeconds))
                sum += Coefficients[c];
            c++;
        }
        return sum;
    }
}
