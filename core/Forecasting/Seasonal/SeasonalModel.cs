namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// A Prophet-equivalent seasonal model: piecewise trend, Fourier seasonalities and holidays, fitted to the exact maximum a posteriori of Prophet's
/// own priors.
/// </summary>
/// <remarks>Taylor and Letham, "Forecasting at Scale", The American Statistician 2018. Own implementation of the published model.</remarks>
public static class SeasonalModel
{
    /// <summary>
    /// Fits one series. Rows may come in any order; rows with NaN are dropped; duplicate times are allowed. For many series on one grid use
    /// <see cref="SeasonalGrid"/>.
    /// </summary>
    /// <exception cref="ArgumentException">Fewer than two values, an infinite value or time, or lengths that differ.</exception>
    public static FittedSeasonal Fit(ReadOnlySpan<double> epochSeconds, ReadOnlySpan<double> values, SeasonalOptions options)
    {
        if (epochSeconds.Length != values.Length)
            throw new ArgumentException($"{epochSeconds.Length} times but {values.Length} values", nameof(values));
        var order = new List<int>(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(epochSeconds[i]))
                throw new ArgumentException($"time of row {i} is {epochSeconds[i]}", nameof(epochSeconds));
            if (!double.IsNaN(values[i]))
                order.Add(i);
        }
        var seconds = epochSeconds.ToArray();
        // OrderBy is stable: rows of one time keep their order.
        int[] sorted = [.. order.OrderBy(i => seconds[i])];
        var times = Array.ConvertAll(sorted, i => seconds[i]);
        var present = new double[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
            present[i] = values[sorted[i]];
        return new SeasonalGrid(times, options).Fit(present)!;
    }
}
