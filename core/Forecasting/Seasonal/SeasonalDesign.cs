using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// The columns of the linear model on one set of times: <c>t, 1, max(0, t − s_j), sin, cos, …, holidays</c>, in that order, column-major.
/// t runs from 0 at the first row to 1 at the last. With flat growth the column of t is zero, so that its coefficient is too.
/// </summary>
internal sealed class SeasonalDesign
{
    public const int Slope = 0;
    public const int Level = 1;
    public const int Hinges = 2;

    private readonly double[] _values;

    /// <param name="seconds">Epoch seconds, ascending, at least two rows.</param>
    /// <param name="options">The model.</param>
    public SeasonalDesign(ReadOnlySpan<double> seconds, SeasonalOptions options)
    {
        Rows = seconds.Length;
        Start = seconds[0];
        Scale = seconds[^1] > Start ? seconds[^1] - Start : 1;
        Times = new double[Rows];
        for (var r = 0; r < Rows; r++)
            Times[r] = (seconds[r] - Start) / Scale;
        Changepoints = PlaceChangepoints(Times, options);
        Seasonalities = options.SeasonalitiesFor((seconds[^1] - Start) / 86400, MinStep(seconds) / 86400);
        HolidayTerms = HolidayTerm.All(options.Holidays);

        SeasonalFrom = Hinges + Changepoints.Length;
        HolidaysFrom = SeasonalFrom + Seasonalities.Sum(s => 2 * s.Order);
        Columns = HolidaysFrom + HolidayTerms.Count;
        Ridge = Priors(options);
        _values = new double[Columns * Rows];
        Fill(seconds, options.Growth == SeasonalGrowth.Flat);
    }

    public int Rows { get; }

    public int Columns { get; }

    public int SeasonalFrom { get; }

    public int HolidaysFrom { get; }

    /// <summary>First time, epoch seconds.</summary>
    public double Start { get; }

    /// <summary>Seconds from the first to the last row.</summary>
    public double Scale { get; }

    /// <summary>Scaled times of the rows.</summary>
    public double[] Times { get; }

    /// <summary>Scaled times of the changepoints.</summary>
    public double[] Changepoints { get; }

    public IReadOnlyList<Seasonality> Seasonalities { get; }

    public IReadOnlyList<HolidayTerm> HolidayTerms { get; }

    /// <summary>Inverse prior variance by column (0 in the Laplace block).</summary>
    public double[] Ridge { get; }

    public Span<double> Column(int column) => _values.AsSpan(column * Rows, Rows);

    /// <summary>ZᵀZ, [Columns × Columns].</summary>
    public double[] Gram()
    {
        var gram = new double[Columns * Columns];
        for (var i = 0; i < Columns; i++)
        for (var j = 0; j <= i; j++)
            gram[i * Columns + j] = gram[j * Columns + i] = TensorPrimitives.Dot<double>(Column(i), Column(j));
        return gram;
    }

    /// <summary>Zᵀy into <paramref name="projection"/>.</summary>
    public void Project(ReadOnlySpan<double> y, Span<double> projection)
    {
        for (var c = 0; c < Columns; c++)
            projection[c] = TensorPrimitives.Dot(Column(c), y);
    }

    /// <summary>Zθ into <paramref name="result"/>, columns from <paramref name="from"/> to <paramref name="to"/> only.</summary>
    public void Multiply(ReadOnlySpan<double> theta, Span<double> result, int from, int to)
    {
        result.Clear();
        for (var c = from; c < to; c++)
            if (theta[c] != 0)
                TensorPrimitives.MultiplyAdd(Column(c), theta[c], result, result);
    }

    private static double[] PlaceChangepoints(double[] times, SeasonalOptions options)
    {
        if (options.Growth == SeasonalGrowth.Flat)
            return [];
        var reach = (int)Math.Floor(options.ChangepointRange * times.Length);
        var count = Math.Max(0, Math.Min(options.Changepoints, reach - 1));
        var changepoints = new double[count];
        for (var i = 1; i <= count; i++)
            changepoints[i - 1] = times[(int)Math.Round(i * (double)(reach - 1) / count, MidpointRounding.ToEven)];
        return changepoints;
    }

    private static double MinStep(ReadOnlySpan<double> seconds)
    {
        var smallest = double.PositiveInfinity;
        for (var r = 1; r < seconds.Length; r++)
            if (seconds[r] > seconds[r - 1])
                smallest = Math.Min(smallest, seconds[r] - seconds[r - 1]);
        return smallest;
    }

    private double[] Priors(SeasonalOptions options)
    {
        var ridge = new double[Columns];
        ridge[Slope] = ridge[Level] = 1 / 25.0;
        var c = SeasonalFrom;
        foreach (var seasonality in Seasonalities)
            for (var i = 0; i < 2 * seasonality.Order; i++)
                ridge[c++] = 1 / (seasonality.PriorScale * seasonality.PriorScale);
        ridge.AsSpan(HolidaysFrom).Fill(1 / (options.HolidayPriorScale * options.HolidayPriorScale));
        return ridge;
    }

    private void Fill(ReadOnlySpan<double> seconds, bool flat)
    {
        if (!flat)
            Times.CopyTo(Column(Slope));
        Column(Level).Fill(1);
        for (var j = 0; j < Changepoints.Length; j++)
        {
            var column = Column(Hinges + j);
            for (var r = 0; r < Rows; r++)
                column[r] = Math.Max(0, Times[r] - Changepoints[j]);
        }
        var c = SeasonalFrom;
        foreach (var seasonality in Seasonalities)
            for (var i = 1; i <= seasonality.Order; i++, c += 2)
            {
                Span<double> sine = Column(c),
                    cosine = Column(c + 1);
                var frequency = 2 * Math.PI * i / seasonality.PeriodDays;
                for (var r = 0; r < Rows; r++)
                    (sine[r], cosine[r]) = Math.SinCos(frequency * (seconds[r] / 86400));
            }
        for (var h = 0; h < HolidayTerms.Count; h++)
        {
            var column = Column(HolidaysFrom + h);
            for (var r = 0; r < Rows; r++)
                column[r] = HolidayTerms[h].Covers(seconds[r]) ? 1 : 0;
        }
    }
}
