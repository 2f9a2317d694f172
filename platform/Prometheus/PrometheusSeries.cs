using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>
/// One series of an answer. Only finite values are kept: a StaleNaN never leaves the server, NaN and ±Inf are counted and left out.
/// </summary>
/// <param name="Labels">Labels of the result, <c>__name__</c> included when the query keeps it.</param>
/// <param name="TimestampsMs">Unix milliseconds, rising.</param>
/// <param name="Values">Finite values, one for each timestamp.</param>
/// <param name="NonFinite">Values that were NaN or ±Inf.</param>
/// <param name="FirstNonFiniteMs">Unix milliseconds of the first of them; 0 when there is none.</param>
public sealed record PrometheusSeries(Labels Labels, long[] TimestampsMs, double[] Values, int NonFinite, long FirstNonFiniteMs)
{
    /// <summary>
    /// Spreads the values over a grid: slot <c>k</c> is the instant <c>startMs + k * stepMs</c>; slots without a finite value become NaN.
    /// </summary>
    public void CopyTo(Span<double> grid, long startMs, long stepMs)
    {
        grid.Fill(double.NaN);
        for (var i = 0; i < Values.Length; i++)
        {
            var offset = TimestampsMs[i] - startMs;
            if (offset >= 0 && offset % stepMs == 0 && offset / stepMs < grid.Length)
                grid[(int)(offset / stepMs)] = Values[i];
        }
    }
}

/// <summary>Version that the server states of itself; empty when it does not say.</summary>
public sealed record PrometheusBuild(string Version, string Application);
