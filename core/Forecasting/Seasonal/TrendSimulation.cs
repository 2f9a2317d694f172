using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// Intervals by Monte Carlo, as Prophet makes them: future slope changes come at the historical rate with the historical Laplace scale,
/// plus observation noise. Slower than the closed form of <see cref="FittedSeasonal.DeviationAt"/>, which has the variance of the same process.
/// </summary>
public static class TrendSimulation
{
    /// <summary>Expected value and the quantiles of the configured interval at each of the ascending, evenly spaced future times.</summary>
    /// <param name="fitted">A model with linear or flat growth.</param>
    /// <param name="epochSeconds">Times after the end of training.</param>
    /// <param name="paths">Number of simulated futures; 1,000 gives ends to about 3 % of the width.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static SeasonalPrediction[] Predict(FittedSeasonal fitted, ReadOnlySpan<double> epochSeconds, int paths, ulong seed)
    {
        if (fitted.Options.Growth == SeasonalGrowth.Logistic)
            throw new ArgumentException("simulated intervals are for linear and flat growth", nameof(fitted));
        var steps = epochSeconds.Length;
        if (steps == 0)
            return [];
        var draws = new double[steps][];
        for (var h = 0; h < steps; h++)
            draws[h] = new double[paths];

        var random = new Xoshiro256(seed);
        var end = fitted.StartSeconds + fitted.TimeScaleSeconds;
        var step = steps > 1 ? (epochSeconds[^1] - epochSeconds[0]) / (steps - 1) / fitted.TimeScaleSeconds : fitted.ScaledTime(epochSeconds[0]) - 1;
        var probability = Math.Min(1, fitted.ChangepointTimes.Count * step);
        for (var path = 0; path < paths; path++)
        {
            double change = 0,
                slope = 0,
                trend = 0;
            for (var h = 0; h < steps; h++)
            {
                if (epochSeconds[h] > end)
                {
                    var next = random.NextDouble() < probability ? Laplace(random, fitted.ChangeScale) : 0;
                    slope += (change + next) / 2;
                    trend += slope * step;
                    change = next;
                }
                draws[h][path] = trend + fitted.ScaledSigma * random.NextGaussian();
            }
        }

        var predictions = new SeasonalPrediction[steps];
        var tail = (1 - fitted.Options.IntervalLevel) / 2;
        for (var h = 0; h < steps; h++)
        {
            var expected = fitted.Expected(epochSeconds[h]);
            var factor = fitted.ValueScale * (fitted.Options.Mode == SeasonalityMode.Multiplicative ? 1 + fitted.ScaledTerms(epochSeconds[h]) : 1);
            Array.Sort(draws[h]);
            predictions[h] = new(expected, expected + factor * Quantile(draws[h], tail), expected + factor * Quantile(draws[h], 1 - tail));
        }
        return predictions;
    }

    private static double Laplace(Xoshiro256 random, double scale)
    {
        var u = random.NextDouble() - 0.5;
        return -scale * Math.Sign(u) * Math.Log(1 - 2 * Math.Abs(u));
    }

    private static double Quantile(double[] sorted, double level)
    {
        var position = level * (sorted.Length - 1);
        var below = (int)position;
        return below + 1 < sorted.Length ? sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
