namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>Shape of the long-term trend.</summary>
public enum SeasonalGrowth
{
    /// <summary>Piecewise linear with changepoints.</summary>
    Linear,

    /// <summary>A constant level.</summary>
    Flat,

    /// <summary>Saturating towards <see cref="SeasonalOptions.Cap"/> with changepoints in the rate.</summary>
    Logistic,
}

/// <summary>How seasonal terms join the trend g: <c>g + s</c> or <c>g·(1 + s)</c>.</summary>
public enum SeasonalityMode
{
    Additive,
    Multiplicative,
}

/// <summary>How values are brought to order one before the fit.</summary>
public enum SeasonalScaling
{
    /// <summary>Divide by the largest absolute value.</summary>
    AbsMax,

    /// <summary>Map [min, max] to [0, 1].</summary>
    MinMax,
}

/// <summary>A periodic term: Fourier pairs 1..Order of a period counted in absolute UTC days.</summary>
/// <param name="Name">For people, for example <c>daily</c>.</param>
/// <param name="PeriodDays">Length of the period in days.</param>
/// <param name="Order">Number of sine and cosine pairs.</param>
/// <param name="PriorScale">Standard deviation of the coefficients' normal prior, on scaled values.</param>
public sealed record Seasonality(string Name, double PeriodDays, int Order, double PriorScale = 10)
{
    public static readonly Seasonality Yearly = new("yearly", 365.25, 10);
    public static readonly Seasonality Weekly = new("weekly", 7, 3);
    public static readonly Seasonality Daily = new("daily", 1, 4);
}

/// <summary>
/// A day with its own effect, for example a release or a sale; each offset in the window gets its own coefficient, shared by all days of one name.
/// </summary>
/// <param name="LowerWindowDays">Zero or negative: days before.</param>
/// <param name="UpperWindowDays">Zero or positive: days after.</param>
public sealed record Holiday(string Name, DateOnly Date, int LowerWindowDays = 0, int UpperWindowDays = 0);

/// <summary>
/// What the seasonal model may express. The defaults are Prophet's (Taylor and Letham 2018), except that the fit is the exact optimum.
/// </summary>
public sealed record SeasonalOptions
{
    public static readonly SeasonalOptions Default = new();

    /// <summary>
    /// For operational metrics of 15 s to 15 min: daily order 8, since cron jobs are sharp; weekly as soon as the history spans a week; residuals
    /// beyond 5 robust deviations of a first fit are pulled in, so that one incident does not bend the curve; sharp events of every day are learned
    /// by slot.
    /// </summary>
    public static readonly SeasonalOptions Metrics = new()
    {
        DailyOrder = 8,
        WeeklyFromDays = 7,
        ClipDeviations = 5,
        DailyEvents = true,
    };

    public SeasonalGrowth Growth { get; init; } = SeasonalGrowth.Linear;

    public SeasonalityMode Mode { get; init; } = SeasonalityMode.Additive;

    public SeasonalScaling Scaling { get; init; } = SeasonalScaling.AbsMax;

    /// <summary>Number of potential changepoints of the trend.</summary>
    public int Changepoints { get; init; } = 25;

    /// <summary>Share of the rows, from the oldest, in which changepoints may lie.</summary>
    public double ChangepointRange { get; init; } = 0.8;

    /// <summary>Scale τ of the Laplace prior of slope changes.</summary>
    public double ChangepointPriorScale { get; init; } = 0.05;

    /// <summary>The periodic terms; null chooses yearly, weekly and daily by the span and step of the history.</summary>
    public IReadOnlyList<Seasonality>? Seasonalities { get; init; }

    /// <summary>Fourier order of the daily term when it is chosen automatically.</summary>
    public int DailyOrder { get; init; } = 4;

    /// <summary>Span of history, in days, from which the weekly term is chosen automatically.</summary>
    public double WeeklyFromDays { get; init; } = 14;

    public IReadOnlyList<Holiday> Holidays { get; init; } = [];

    /// <summary>Standard deviation of the holiday coefficients' normal prior.</summary>
    public double HolidayPriorScale { get; init; } = 10;

    /// <summary>Carrying capacity of logistic growth, in the unit of the series.</summary>
    public double? Cap { get; init; }

    /// <summary>
    /// When set, values further than this many robust deviations from a first fit are pulled in to that distance before the next, three times at
    /// most.
    /// </summary>
    public double? ClipDeviations { get; init; }

    /// <summary>
    /// Learn sharp events that recur at the same time each day by slot of the grid; for even grids of 15 minutes or finer with 4 days or more,
    /// additive models.
    /// </summary>
    public bool DailyEvents { get; init; }

    /// <summary>Probability mass between lower and upper.</summary>
    public double IntervalLevel { get; init; } = 0.8;

    internal IReadOnlyList<Seasonality> SeasonalitiesFor(double spanDays, double smallestStepDays)
    {
        if (Seasonalities is { } given)
            return given;
        List<Seasonality> chosen = [];
        if (spanDays >= 730)
            chosen.Add(Seasonality.Yearly);
        if (spanDays >= WeeklyFromDays && smallestStepDays < 7)
            chosen.Add(Seasonality.Weekly);
        if (spanDays >= 2 && smallestStepDays < 1)
            chosen.Add(Seasonality.Daily with { Order = DailyOrder });
        return chosen;
    }
}
