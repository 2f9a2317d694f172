using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>A bank of windows for every series that moves, from what its season leaves of the fine samples before the cut.</summary>
internal static class BankTraining
{
    public static IReadOnlyList<SeriesBank> Fit(TrainingSet set, SeasonalScorer? seasons, ulong seed, CancellationToken cancellationToken)
    {
        var banks = new SeriesBank?[set.Series.Count];
        Parallel.For(
            0,
            banks.Length,
            CoreThreads.Options(cancellationToken),
            i => banks[i] = Fit(set.Series[i], set, seasons, new BankOptions(Seed: seed + (ulong)i))
        );
        return [.. banks.OfType<SeriesBank>()];
    }

    private static SeriesBank? Fit(TrainingSeries series, TrainingSet set, SeasonalScorer? seasons, BankOptions options)
    {
        var id = series.Identity.Id;
        var fine = Left(series.Fine.Before(set.FitUntil));
        bool[] missing = [.. fine.Select(double.IsNaN)];
        float[] values = [.. fine.Select(v => (float)v)];
        var windows = new BankSeries(values, missing, series.Identity.ToString());
        if (BankWindows.Complete(windows, options.Length).Count < options.Entries)
            return null;
        // A few hours do not show how far the season misses at other times of the day: the long history does.
        float[] all = seasons?.Knows(id) == true ? [.. values, .. Left(series.Coarse.Before(set.FitUntil)).Select(v => (float)v)] : values;
        var scale = BankScale.Of(all, [.. all.Select(float.IsNaN)]);
        return new(id, scale, BankTrainer.Fit(windows, scale, options));

        double[] Left(SampleGrid grid)
        {
            if (seasons?.Knows(id) != true)
                return grid.Values;
            var start = FittedSeasonal.EpochSeconds(grid.Start);
            var expected = seasons.Predict(
                [.. Enumerable.Repeat(id, grid.Values.Length)],
                [.. Enumerable.Range(0, grid.Values.Length).Select(i => start + (i * grid.Step.TotalSeconds))]
            );
            return [.. grid.Values.Select((v, i) => (v - expected[i].Expected) / expected[i].Deviation)];
        }
    }
}
