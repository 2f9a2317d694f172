using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>Seasonal models of all series that move and have history enough, on the coarse samples before the cut.</summary>
internal static class SeasonalTraining
{
    /// <summary>Shorter histories have no season to learn.</summary>
    private static readonly TimeSpan MinSpan = TimeSpan.FromDays(1);

    /// <summary>A series with fewer of its samples than this is left to the other members.</summary>
    private const double MinPresence = 0.5;

    public static IReadOnlyList<(SeriesId Series, FittedSeasonal Model)> Fit(TrainingSet set, CancellationToken cancellationToken)
    {
        var grid = set.Series[0].Coarse.Before(set.FitUntil);
        if (grid.Values.Length * grid.Step < MinSpan)
            return [];
        var start = FittedSeasonal.EpochSeconds(grid.Start);
        double[] seconds = [.. Enumerable.Range(0, grid.Values.Length).Select(i => start + i * grid.Step.TotalSeconds)];
        var shared = new SeasonalGrid(seconds, SeasonalOptions.Metrics);
        var histories = set.Series.Select(s => (ReadOnlyMemory<double>)s.Coarse.Values.AsMemory(0, seconds.Length)).ToArray();
        var chosen = Enumerable.Range(0, histories.Length).Where(i => IsWorthFitting(histories[i].Span)).ToArray();
        cancellationToken.ThrowIfCancellationRequested();
        var fitted = shared.FitAll([.. chosen.Select(i => histories[i])]);
        return [.. chosen.Zip(fitted).Where(p => p.Second is not null).Select(p => (set.Series[p.First].Identity.Id, p.Second!))];
    }

    private static bool IsWorthFitting(ReadOnlySpan<double> values)
    {
        var (present, min, max) = (0, double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
            if (!double.IsNaN(value))
                (present, min, max) = (present + 1, Math.Min(min, value), Math.Max(max, value));
        return present >= MinPresence * values.Length && max > min;
    }
}
