using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>
/// F1 after point adjustment, means over the series with an event. Given for the product and for noise alone, to show what a quoted one is worth.
/// </summary>
/// <param name="PaF1">One row of an event is enough.</param>
/// <param name="Pa20F1">A fifth of its rows is.</param>
internal sealed record PointAdjusted(double PaF1, double Pa20F1)
{
    private const double Fifth = 0.2;

    public static IReadOnlyDictionary<string, PointAdjusted> Of(IReadOnlyList<SeriesResult> series)
    {
        SeriesResult[] labelled = [.. series.Where(s => s.Events > 0)];
        return new[] { Methods.Product, Methods.Random }.ToDictionary(m => m, m => new PointAdjusted(Mean(m, 0), Mean(m, Fifth)));

        double Mean(string method, double share) =>
            labelled
                .AsParallel()
                .AsOrdered()
                .Select(s => OracleF1.PointAdjusted(s.Labels, s.Runs[method].Scores, share))
                .DefaultIfEmpty(double.NaN)
                .Average();
    }
}
