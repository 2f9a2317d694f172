using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// Maximum a posteriori of the models that are not linear in their parameters (logistic growth, multiplicative seasonality): linearise, solve the
/// quadratic programme with its Laplace priors exactly, search along the step, update σ, repeat. The same objective as Prophet's L-BFGS, without its
/// early stop at the kinks.
/// </summary>
internal sealed class GaussNewtonFit
{
    private const int MaximumIterations = 300;

    private readonly SeasonalDesign _design;
    private readonly SeasonalOptions _options;
    private readonly double[] _y;
    private readonly double _cap;
    private readonly double[] _trend,
        _terms,
        _work;

    public GaussNewtonFit(SeasonalDesign design, SeasonalOptions options, double[] scaledValues, double scaledCap)
    {
        (_design, _options, _y, _cap) = (design, options, scaledValues, scaledCap);
        (_trend, _terms, _work) = (new double[design.Rows], new double[design.Rows], new double[design.Rows]);
    }

    public double[] Theta { get; private set; } = [];

    public double Sigma { get; private set; } = 1;

    public double Objective { get; private set; }

    private int TrendColumns => _design.SeasonalFrom;

    public void Solve(double[] start)
    {
        Theta = start;
        var columns = _design.Columns;
        var jacobian = new double[columns * _design.Rows];
        var gram = new double[columns * columns];
        var projection = new double[columns];
        var target = new double[_design.Rows];
        var solver = new MapSolver(columns, SeasonalDesign.Hinges, _design.Changepoints.Length);
        Sigma = BestSigma(ResidualSquares(Theta));
        Objective = ObjectiveAt(Theta);
        for (var iteration = 0; iteration < MaximumIterations; iteration++)
        {
            Linearise(jacobian, target);
            for (var i = 0; i < columns; i++)
            {
                var column = jacobian.AsSpan(i * _design.Rows, _design.Rows);
                projection[i] = TensorPrimitives.Dot<double>(column, target);
                for (var j = 0; j <= i; j++)
                    gram[i * columns + j] = gram[j * columns + i] = TensorPrimitives.Dot<double>(
                        column,
                        jacobian.AsSpan(j * _design.Rows, _design.Rows)
                    );
            }
            solver.SolveGivenSigma(gram, projection, _design.Ridge, _options.ChangepointPriorScale, Sigma, Theta);
            var before = Objective;
            var stepped = Search(solver.Theta);
            Sigma = BestSigma(ResidualSquares(Theta));
            Objective = ObjectiveAt(Theta);
            if (!stepped || before - Objective <= 1e-11 * Math.Abs(before))
                return;
        }
    }

    /// <summary>Halves the step until the objective falls; false when no step helps.</summary>
    private bool Search(ReadOnlySpan<double> towards)
    {
        var candidate = new double[Theta.Length];
        for (var fraction = 1.0; fraction > 1e-8; fraction /= 2)
        {
            for (var c = 0; c < candidate.Length; c++)
                candidate[c] = Theta[c] + fraction * (towards[c] - Theta[c]);
            if (ObjectiveAt(candidate) < Objective)
            {
                Theta = candidate;
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// ∂f/∂θ by column, and <c>y − f(θ) + Jθ</c> as the regression's target. Derivatives of a logistic trend are central differences.
    /// </summary>
    private void Linearise(Span<double> jacobian, Span<double> target)
    {
        Evaluate(Theta);
        var rows = _design.Rows;
        var multiplicative = _options.Mode == SeasonalityMode.Multiplicative;
        for (var c = 0; c < TrendColumns; c++)
        {
            var column = jacobian.Slice(c * rows, rows);
            if (_options.Growth == SeasonalGrowth.Logistic)
                TrendDerivative(c, column);
            else
                _design.Column(c).CopyTo(column);
            if (multiplicative)
                for (var r = 0; r < rows; r++)
                    column[r] *= 1 + _terms[r];
        }
        for (var c = TrendColumns; c < _design.Columns; c++)
        {
            var column = jacobian.Slice(c * rows, rows);
            if (multiplicative)
                TensorPrimitives.Multiply<double>(_design.Column(c), _trend, column);
            else
                _design.Column(c).CopyTo(column);
        }
        for (var r = 0; r < rows; r++)
            target[r] = _y[r] - Fitted(r);
        for (var c = 0; c < _design.Columns; c++)
            if (Theta[c] != 0)
                TensorPrimitives.MultiplyAdd(jacobian.Slice(c * rows, rows), Theta[c], target, target);
    }

    private void TrendDerivative(int column, Span<double> result)
    {
        var parameters = Theta.AsSpan(0, TrendColumns).ToArray();
        var step = 1e-6 * Math.Max(1, Math.Abs(parameters[column]));
        parameters[column] += step;
        FillTrend(parameters, result);
        parameters[column] -= 2 * step;
        FillTrend(parameters, _work);
        for (var r = 0; r < result.Length; r++)
            result[r] = (result[r] - _work[r]) / (2 * step);
    }

    private void Evaluate(ReadOnlySpan<double> theta)
    {
        FillTrend(theta, _trend);
        _design.Multiply(theta, _terms, TrendColumns, _design.Columns);
    }

    private void FillTrend(ReadOnlySpan<double> theta, Span<double> result)
    {
        if (_options.Growth == SeasonalGrowth.Logistic)
            LogisticTrend.Fill(
                _design.Times,
                _cap,
                theta[SeasonalDesign.Slope],
                theta[SeasonalDesign.Level],
                theta[SeasonalDesign.Hinges..TrendColumns],
                _design.Changepoints,
                result
            );
        else
            _design.Multiply(theta, result, 0, TrendColumns);
    }

    private double Fitted(int row) => _options.Mode == SeasonalityMode.Multiplicative ? _trend[row] * (1 + _terms[row]) : _trend[row] + _terms[row];

    private double ResidualSquares(ReadOnlySpan<double> theta)
    {
        Evaluate(theta);
        var sum = 0.0;
        for (var r = 0; r < _design.Rows; r++)
            sum += (_y[r] - Fitted(r)) * (_y[r] - Fitted(r));
        return sum;
    }

    private double BestSigma(double rss)
    {
        double n = _design.Rows;
        return Math.Sqrt(Math.Max(1e-18, 2 * rss / (n + Math.Sqrt(n * n + 16 * rss))));
    }

    private double ObjectiveAt(ReadOnlySpan<double> theta)
    {
        var prior = 0.0;
        for (var c = 0; c < theta.Length; c++)
            prior +=
                c >= SeasonalDesign.Hinges && c < TrendColumns
                    ? Math.Abs(theta[c]) / _options.ChangepointPriorScale
                    : 0.5 * _design.Ridge[c] * theta[c] * theta[c];
        var objective = _design.Rows * Math.Log(Sigma) + ResidualSquares(theta) / (2 * Sigma * Sigma) + prior + 2 * Sigma * Sigma;
        return double.IsNaN(objective) ? double.PositiveInfinity : objective;
    }
}
