using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// The seasonal model's design on one time grid, shared by all series sampled on it: columns and Gram matrix are built once, a series needs only its
/// projection and a small solve. Missing values are NaN; their rows are taken out of the sums. Changepoints lie at the grid's rows, also for series
/// with gaps. Immutable; safe for concurrent use.
/// </summary>
public sealed class SeasonalGrid
{
    /// <summary>Each pass narrows the robust deviation that the pass before, bent by the outliers, saw too wide.</summary>
    private const int ClipPasses = 3;

    private readonly double[] _seconds;
    private readonly SeasonalOptions _options;
    private readonly SeasonalDesign _design;
    private readonly double[] _gram;

    /// <param name="epochSeconds">Ascending times of the grid, at least two.</param>
    /// <param name="options">The model.</param>
    public SeasonalGrid(ReadOnlySpan<double> epochSeconds, SeasonalOptions options)
    {
        if (epochSeconds.Length < 2)
            throw new ArgumentException($"a seasonal model needs at least 2 rows, got {epochSeconds.Length}", nameof(epochSeconds));
        for (var r = 1; r < epochSeconds.Length; r++)
            if (!(epochSeconds[r] >= epochSeconds[r - 1]))
                throw new ArgumentException(
                    $"times must ascend: row {r} at {epochSeconds[r]:R} follows {epochSeconds[r - 1]:R}",
                    nameof(epochSeconds)
                );
        if (options.Growth == SeasonalGrowth.Logistic && options.Cap is null)
            throw new ArgumentException("logistic growth needs a cap", nameof(options));
        _seconds = epochSeconds.ToArray();
        _options = options;
        _design = new(epochSeconds, options);
        _gram = NeedsGaussNewton ? [] : _design.Gram();
    }

    public int Rows => _design.Rows;

    private bool NeedsGaussNewton => _options.Growth == SeasonalGrowth.Logistic || _options.Mode == SeasonalityMode.Multiplicative;

    /// <summary>Fits many series, each with one value a grid row; null where fewer than two values are present. Runs on all cores.</summary>
    public FittedSeasonal?[] FitAll(IReadOnlyList<ReadOnlyMemory<double>> series)
    {
        var fitted = new FittedSeasonal?[series.Count];
        Parallel.For(
            0,
            series.Count,
            CoreThreads.Options(CancellationToken.None),
            NewSolver,
            (i, _, solver) =>
            {
                fitted[i] = Fit(series[i].Span, solver);
                return solver;
            },
            static _ => { }
        );
        return fitted;
    }

    /// <summary>Fits one series with one value a grid row; null where fewer than two values are present.</summary>
    public FittedSeasonal? Fit(ReadOnlySpan<double> values) => Fit(values, NewSolver());

    private MapSolver NewSolver() => new(_design.Columns, SeasonalDesign.Hinges, _design.Changepoints.Length);

    private FittedSeasonal? Fit(ReadOnlySpan<double> values, MapSolver solver)
    {
        if (values.Length != Rows)
            throw new ArgumentException($"the grid has {Rows} rows, the series {values.Length} values", nameof(values));
        if (ScaledValues.Of(values, _options) is not { } scaled)
            return null;
        if (scaled.IsConstant && _options.Growth != SeasonalGrowth.Logistic)
            return Constant(scaled);
        if (NeedsGaussNewton)
            return scaled.Missing.Length == 0 ? FitNonlinear(scaled) : WithoutMissing(values);

        var gram = scaled.Missing.Length == 0 ? _gram : WithoutMissing(scaled.Missing);
        var projection = new double[_design.Columns];
        Solve();
        for (var pass = 0; pass < ClipPasses && _options.ClipDeviations is { } deviations && scaled.Clip(_design, solver.Theta, deviations); pass++)
            Solve();
        var template = _options.DailyEvents ? DailyTemplate.Of(_seconds, scaled.Residuals(_design, solver.Theta)) : null;
        return Fitted(scaled, solver.Theta, solver.Sigma, solver.Objective, template);

        void Solve()
        {
            _design.Project(scaled.Values, projection);
            solver.Solve(gram, projection, scaled.Squares, scaled.Present, _design.Ridge, _options.ChangepointPriorScale);
        }
    }

    /// <summary>The Gram matrix less the rows that are missing.</summary>
    private double[] WithoutMissing(int[] missing)
    {
        var gram = (double[])_gram.Clone();
        var columns = _design.Columns;
        var row = new double[columns];
        foreach (var r in missing)
        {
            for (var c = 0; c < columns; c++)
                row[c] = _design.Column(c)[r];
            for (var i = 0; i < columns; i++)
                if (row[i] != 0)
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(
                        row,
                        -row[i],
                        gram.AsSpan(i * columns, columns),
                        gram.AsSpan(i * columns, columns)
                    );
        }
        return gram;
    }

    private FittedSeasonal? WithoutMissing(ReadOnlySpan<double> values)
    {
        List<double> seconds = [],
            present = [];
        for (var r = 0; r < values.Length; r++)
            if (!double.IsNaN(values[r]))
            {
                seconds.Add(_seconds[r]);
                present.Add(values[r]);
            }
        return new SeasonalGrid(seconds.ToArray(), _options).Fit(present.ToArray());
    }

    private FittedSeasonal FitNonlinear(ScaledValues scaled)
    {
        var cap = _options.Cap is { } limit ? (limit - scaled.Floor) / scaled.Scale : 0;
        var start = new double[_design.Columns];
        var (first, last) = (scaled.Values[0], scaled.Values[^1]);
        if (_options.Growth == SeasonalGrowth.Logistic)
        {
            var r0 = cap / Math.Clamp(first, 0.01 * cap, 0.99 * cap);
            var r1 = cap / Math.Clamp(last, 0.01 * cap, 0.99 * cap);
            if (Math.Abs(r0 - r1) <= 0.01)
                r0 *= 1.05;
            var (l0, l1) = (Math.Log(r0 - 1), Math.Log(r1 - 1));
            (start[SeasonalDesign.Slope], start[SeasonalDesign.Level]) = (l0 - l1, l0 / (l0 - l1));
        }
        else if (_options.Growth == SeasonalGrowth.Linear)
            (start[SeasonalDesign.Slope], start[SeasonalDesign.Level]) = (last - first, first);
        else
            start[SeasonalDesign.Level] = scaled.Values.Average();

        var fit = new GaussNewtonFit(_design, _options, scaled.Values, cap);
        fit.Solve(start);
        return Fitted(scaled, fit.Theta, fit.Sigma, fit.Objective);
    }

    private FittedSeasonal Constant(ScaledValues scaled)
    {
        var theta = new double[_design.Columns];
        theta[SeasonalDesign.Level] = scaled.FirstPresent;
        return Fitted(scaled, theta, 1e-9, double.NegativeInfinity);
    }

    private FittedSeasonal Fitted(ScaledValues scaled, ReadOnlySpan<double> theta, double sigma, double objective, DailyTemplate? template = null) =>
        new(
            _options,
            _design.Start,
            _design.Scale,
            1.0 / (Rows - 1),
            scaled.Scale,
            scaled.Floor,
            _design.Changepoints,
            _design.Seasonalities,
            _design.HolidayTerms,
            theta,
            sigma,
            objective,
            template
        );
}
