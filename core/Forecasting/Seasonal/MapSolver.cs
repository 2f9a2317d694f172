namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// Exact maximum a posteriori of <c>y ~ N(Zθ, σ²)</c> with normal priors on all columns but a block with Laplace priors, and a half-normal prior on
/// σ. Minimises <c>J = n ln σ + RSS/(2σ²) + Σ ridge·θ²/2 + Σ|δ|/τ + 2σ²</c>: for given σ a lasso-like quadratic programme solved by an active set on
/// signs, σ in closed form, alternately until σ stands still. Works on sums only (Gram matrix, Zᵀy, yᵀy), so its cost does not depend on the number
/// of rows. One instance serves one thread and is reused for many series.
/// </summary>
internal sealed class MapSolver(int columns, int laplaceFrom, int laplaceCount)
{
    private const double EntryTolerance = 1e-7;
    private const double MinVariance = 1e-18;

    private readonly sbyte[] _sign = new sbyte[columns];
    private readonly bool[] _blocked = new bool[columns];
    private readonly int[] _free = new int[columns];
    private readonly double[] _factor = new double[columns * columns];
    private readonly double[] _solution = new double[columns];

    public double[] Theta { get; } = new double[columns];

    public double Sigma { get; private set; }

    /// <summary>The objective at the optimum, without constants.</summary>
    public double Objective { get; private set; }

    /// <param name="gram">ZᵀZ, [columns × columns], symmetric.</param>
    /// <param name="projection">Zᵀy.</param>
    /// <param name="squares">yᵀy.</param>
    /// <param name="rows">Number of rows n.</param>
    /// <param name="ridge">Inverse prior variance by column; ignored for the Laplace block.</param>
    /// <param name="tau">Scale of the Laplace priors.</param>
    public void Solve(ReadOnlySpan<double> gram, ReadOnlySpan<double> projection, double squares, int rows, ReadOnlySpan<double> ridge, double tau)
    {
        Array.Clear(Theta);
        Array.Clear(_sign);
        Sigma = Math.Sqrt(Math.Max(MinVariance, squares / rows));
        for (var round = 0; round < 200; round++)
        {
            OptimiseGivenSigma(gram, projection, ridge, 1 / tau);
            var rss = ResidualSquares(gram, projection, squares);
            var sigma = Math.Sqrt(Math.Max(MinVariance, 2 * rss / (rows + Math.Sqrt((double)rows * rows + 16 * rss))));
            var moved = Math.Abs(sigma - Sigma);
            Sigma = sigma;
            if (moved < 1e-12)
                break;
        }
        Objective = ObjectiveAt(gram, projection, squares, rows, ridge, 1 / tau);
    }

    /// <summary>
    /// The quadratic programme alone, for a given σ, from the given signs and point: a step of the Gauss-Newton fit of nonlinear trends.
    /// </summary>
    public void SolveGivenSigma(
        ReadOnlySpan<double> gram,
        ReadOnlySpan<double> projection,
        ReadOnlySpan<double> ridge,
        double tau,
        double sigma,
        ReadOnlySpan<double> start
    )
    {
        start.CopyTo(Theta);
        Sigma = sigma;
        for (var j = laplaceFrom; j < laplaceFrom + laplaceCount; j++)
            _sign[j] = (sbyte)Math.Sign(Theta[j]);
        OptimiseGivenSigma(gram, projection, ridge, 1 / tau);
    }

    private void OptimiseGivenSigma(ReadOnlySpan<double> gram, ReadOnlySpan<double> projection, ReadOnlySpan<double> ridge, double weight)
    {
        Array.Clear(_blocked);
        var variance = Sigma * Sigma;
        var entered = -1;
        for (var step = 0; step < 50 * columns; step++)
        {
            var free = CollectFree();
            if (!SolveFree(gram, projection, ridge, weight * variance, variance, free))
            {
                if (entered < 0 || _blocked[entered])
                    return;
                Block(entered);
                continue;
            }
            var (leaving, fraction) = StepTowardsSolution(free);
            if (leaving >= 0)
            {
                // A column that leaves the moment it entered is collinear with the others to rounding.
                if (leaving == entered && fraction == 0)
                    _blocked[leaving] = true;
                Theta[leaving] = 0;
                _sign[leaving] = 0;
                continue;
            }
            entered = Entering(gram, projection, weight * variance);
            if (entered < 0)
                return;
        }
    }

    private void Block(int column)
    {
        _blocked[column] = true;
        _sign[column] = 0;
        Theta[column] = 0;
    }

    private int CollectFree()
    {
        var count = 0;
        for (var c = 0; c < columns; c++)
            if (!IsLaplace(c) || _sign[c] != 0)
                _free[count++] = c;
        return count;
    }

    private bool IsLaplace(int column) => column >= laplaceFrom && column < laplaceFrom + laplaceCount;

    /// <summary>Cholesky of the free block, multiplied through by σ²: (G + σ²Λ) x = b − (σ²/τ)·sign.</summary>
    private bool SolveFree(
        ReadOnlySpan<double> gram,
        ReadOnlySpan<double> projection,
        ReadOnlySpan<double> ridge,
        double weight,
        double variance,
        int free
    )
    {
        for (var i = 0; i < free; i++)
        {
            var c = _free[i];
            var row = _factor.AsSpan(i * columns, i + 1);
            for (var j = 0; j < i; j++)
            {
                var sum = gram[c * columns + _free[j]];
                var other = _factor.AsSpan(j * columns, j + 1);
                for (var l = 0; l < j; l++)
                    sum -= row[l] * other[l];
                row[j] = sum / other[j];
            }
            var diagonal = gram[c * columns + c] + (IsLaplace(c) ? 0 : variance * ridge[c]);
            var pivot = diagonal;
            for (var l = 0; l < i; l++)
                pivot -= row[l] * row[l];
            if (pivot <= 1e-13 * diagonal)
                return false;
            row[i] = Math.Sqrt(pivot);

            var value = projection[c] - weight * _sign[c];
            for (var l = 0; l < i; l++)
                value -= row[l] * _solution[l];
            _solution[i] = value / row[i];
        }
        for (var i = free - 1; i >= 0; i--)
        {
            var value = _solution[i];
            for (var j = i + 1; j < free; j++)
                value -= _factor[j * columns + i] * _solution[j];
            _solution[i] = value / _factor[i * columns + i];
        }
        return true;
    }

    /// <summary>
    /// Moves to the solution, or only to the first change of sign; returns the column that reached zero, or −1, and how far the step went.
    /// </summary>
    private (int Leaving, double Fraction) StepTowardsSolution(int free)
    {
        var fraction = 1.0;
        var leaving = -1;
        for (var i = 0; i < free; i++)
        {
            var c = _free[i];
            if (_sign[c] == 0 || _solution[i] * _sign[c] > 0)
                continue;
            var reach = Theta[c] == _solution[i] ? 0 : Theta[c] / (Theta[c] - _solution[i]);
            if (reach < fraction || leaving < 0)
                (fraction, leaving) = (Math.Min(fraction, reach), c);
        }
        for (var i = 0; i < free; i++)
        {
            var c = _free[i];
            Theta[c] += fraction * (_solution[i] - Theta[c]);
        }
        return (leaving, fraction);
    }

    private int Entering(ReadOnlySpan<double> gram, ReadOnlySpan<double> projection, double weight)
    {
        var best = EntryTolerance * weight;
        var column = -1;
        var sign = 0;
        for (var c = laplaceFrom; c < laplaceFrom + laplaceCount; c++)
        {
            if (_sign[c] != 0 || _blocked[c])
                continue;
            var gradient = Dot(gram.Slice(c * columns, columns), Theta) - projection[c];
            var excess = Math.Abs(gradient) - weight;
            if (excess > best)
                (best, column, sign) = (excess, c, -Math.Sign(gradient));
        }
        if (column >= 0)
            _sign[column] = (sbyte)sign;
        return column;
    }

    private double ResidualSquares(ReadOnlySpan<double> gram, ReadOnlySpan<double> projection, double squares)
    {
        var sum = squares;
        for (var c = 0; c < columns; c++)
            if (Theta[c] != 0)
                sum += Theta[c] * (Dot(gram.Slice(c * columns, columns), Theta) - 2 * projection[c]);
        // Below this the difference of sums is rounding error.
        return Math.Max(sum, 1e-13 * squares);
    }

    private double ObjectiveAt(
        ReadOnlySpan<double> gram,
        ReadOnlySpan<double> projection,
        double squares,
        int rows,
        ReadOnlySpan<double> ridge,
        double weight
    )
    {
        var variance = Sigma * Sigma;
        var prior = 0.0;
        for (var c = 0; c < columns; c++)
            prior += IsLaplace(c) ? weight * Math.Abs(Theta[c]) : 0.5 * ridge[c] * Theta[c] * Theta[c];
        return rows * Math.Log(Sigma) + ResidualSquares(gram, projection, squares) / (2 * variance) + prior + 2 * variance;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => System.Numerics.Tensors.TensorPrimitives.Dot(a, b);
}
