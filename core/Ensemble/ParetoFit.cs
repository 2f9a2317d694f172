namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Estimators of a generalised Pareto tail from positive excesses.</summary>
public static class ParetoFit
{
    private const int ScanSteps = 20;
    private const int Bisections = 60;

    /// <summary>
    /// Maximum likelihood by Grimshaw's reduction to one variable θ = ξ/σ: every root of <c>A(θ)(1 + B(θ)) = 1</c> is compared with the exponential
    /// fit and the likeliest is taken. About 60 µs for 64 excesses.
    /// </summary>
    /// <remarks>Grimshaw, "Computing maximum likelihood estimates for the generalized Pareto distribution", Technometrics 1993.</remarks>
    public static GeneralizedPareto Grimshaw(ReadOnlySpan<double> excesses)
    {
        var (mean, min, max) = Summary(excesses);
        var best = new GeneralizedPareto(0, mean);
        if (excesses.Length < 2 || max - min <= 1e-12 * max)
            return best;
        var likelihood = best.LogLikelihood(excesses);

        // θ = 0 is always a root and is left out; near −1/max the likelihood is unbounded and meaningless.
        var nearZero = 1e-6 / mean;
        var last = -1 / max * (1 - 1e-9);
        for (var step = 1; step <= 2 * ScanSteps && last < -nearZero; step++)
        {
            // Dense towards the end point, where a bounded tail's root may sit close.
            var share = step / (2.0 * ScanSteps);
            var next = -1 / max * (1 - share * share) - nearZero * share;
            Consider(excesses, last, next, ref best, ref likelihood);
            last = next;
        }
        var top = Math.Max(1 / mean, 2 * (mean - min) / (mean * min));
        if (!double.IsFinite(top))
            top = 1e6 / mean;
        var ratio = Math.Pow(top / nearZero, 1.0 / (2 * ScanSteps));
        last = nearZero;
        for (var step = 0; step < 2 * ScanSteps; step++)
        {
            Consider(excesses, last, last * ratio, ref best, ref likelihood);
            last *= ratio;
        }
        return best;
    }

    /// <summary>Method of moments; needs ξ &lt; ½.</summary>
    public static GeneralizedPareto Moments(ReadOnlySpan<double> excesses)
    {
        var (mean, _, _) = Summary(excesses);
        var squares = 0.0;
        foreach (var y in excesses)
            squares += (y - mean) * (y - mean);
        var ratio = mean * mean / (squares / (excesses.Length - 1));
        return new(0.5 * (1 - ratio), 0.5 * mean * (ratio + 1));
    }

    /// <summary>Probability-weighted moments; steadier than likelihood for few excesses.</summary>
    public static GeneralizedPareto WeightedMoments(ReadOnlySpan<double> excesses)
    {
        var sorted = excesses.ToArray();
        Array.Sort(sorted);
        double b0 = 0,
            b1 = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            b0 += sorted[i];
            b1 += sorted[i] * (sorted.Length - 1 - i) / (sorted.Length - 1.0);
        }
        (b0, b1) = (b0 / sorted.Length, b1 / sorted.Length);
        return new(2 - b0 / (b0 - 2 * b1), 2 * b0 * b1 / (b0 - 2 * b1));
    }

    private static void Consider(ReadOnlySpan<double> excesses, double from, double to, ref GeneralizedPareto best, ref double likelihood)
    {
        var (left, right) = (Equation(excesses, from), Equation(excesses, to));
        if (left == 0 || left * right >= 0)
            return;
        for (var i = 0; i < Bisections; i++)
        {
            var middle = 0.5 * (from + to);
            if (Equation(excesses, middle) * left > 0)
                from = middle;
            else
                to = middle;
        }
        var theta = 0.5 * (from + to);
        var shape = 0.0;
        foreach (var y in excesses)
            shape += Math.Log(1 + theta * y);
        shape /= excesses.Length;
        var candidate = new GeneralizedPareto(shape, shape / theta);
        var candidateLikelihood = candidate.LogLikelihood(excesses);
        if (candidateLikelihood > likelihood)
            (best, likelihood) = (candidate, candidateLikelihood);
    }

    private static double Equation(ReadOnlySpan<double> excesses, double theta)
    {
        double a = 0,
            b = 0;
        foreach (var y in excesses)
        {
            var inner = 1 + theta * y;
            a += 1 / inner;
            b += Math.Log(inner);
        }
        return a / excesses.Length * (1 + b / excesses.Length) - 1;
    }

    private static (double Mean, double Min, double Max) Summary(ReadOnlySpan<double> excesses)
    {
        if (excesses.IsEmpty)
            throw new ArgumentException("a tail needs at least one excess", nameof(excesses));
        var (sum, min, max) = (0.0, double.PositiveInfinity, 0.0);
        foreach (var y in excesses)
        {
            if (!(y > 0) || double.IsInfinity(y))
                throw new ArgumentException($"excesses are positive and finite, got {y:R}", nameof(excesses));
            sum += y;
            (min, max) = (Math.Min(min, y), Math.Max(max, y));
        }
        return (sum / excesses.Length, min, max);
    }
}
