using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>Scores the calibration part of every series with the fitted members and turns the scores into calibrations.</summary>
internal static class CalibrationTraining
{
    /// <summary>Rows scored are this many samples apart: neighbours say almost the same.</summary>
    private const int Stride = 2;

    public static CalibrationTable Fit(TrainingSet set, EnsembleMembers members, CancellationToken cancellationToken)
    {
        var rows = new RawScores[set.Series.Count][];
        var histories = new double[set.Series.Count][][];
        Parallel.For(
            0,
            histories.Length,
            CoreThreads.Options(cancellationToken),
            i =>
            {
                var series = set.Series[i];
                rows[i] = members.Score(RowReplay.Rows(series.Identity, series.Coarse, series.Fine, set.FitUntil, set.CalibrateUntil, Stride));
                histories[i] = [.. Enumerable.Range(0, MemberName.Count).Select(m => rows[i].Select(r => r[m]).Where(double.IsFinite).ToArray())];
                if (members.Seasonal is { } seasons && seasons.Knows(series.Identity.Id))
                    AddHistory(histories[i], series.Identity.Id, series.Coarse.Before(set.FitUntil), seasons, members.Bank);
            }
        );

        var own = set.Series.ToDictionary(s => s.Identity.Id, _ => new MemberCalibration?[CalibrationTable.Places]);
        var shared = set.Series.Select(s => s.Identity.Kind).Distinct().ToDictionary(k => k, _ => new MemberCalibration?[CalibrationTable.Places]);
        for (var m = 0; m < MemberName.Count; m++)
            Fit(m, i => histories[i][m]);
        var memberwise = new CalibrationTable(own, shared);
        Fit(CalibrationTable.Joint, i => Joint(set.Series[i].Identity, rows[i], memberwise));
        return new(own, shared);

        void Fit(int place, Func<int, double[]> history)
        {
            foreach (var kind in Enumerable.Range(0, set.Series.Count).GroupBy(i => set.Series[i].Identity.Kind))
            {
                int[] indexes = [.. kind];
                var fit = CalibrationFit.Fit([.. indexes.Select(history)]);
                shared[kind.Key][place] = fit.Shared;
                for (var j = 0; j < indexes.Length; j++)
                    own[set.Series[indexes[j]].Identity.Id][place] = fit.Own[j];
            }
        }
    }

    /// <summary>What the members together said of each held-out row.</summary>
    private static double[] Joint(SeriesIdentity series, RawScores[] rows, CalibrationTable members)
    {
        Span<double> p = stackalloc double[MemberName.Count];
        List<double> joint = [];
        foreach (var row in rows)
        {
            members.PValues(series.Id, series.Kind, row, p);
            if (Evidence.Join(p) is var evidence && !double.IsNaN(evidence))
                joint.Add(evidence);
        }
        return [.. joint];
    }

    /// <summary>
    /// Adds as many distances over the whole coarse history: a few hours do not show how far a season misses at other times of the day, nor how far
    /// the level of a series wanders in days. These are in sample, which 50 parameters on thousands of rows make hardly smaller.
    /// </summary>
    private static void AddHistory(double[][] heldOut, SeriesId series, SampleGrid coarse, SeasonalScorer seasons, BankScorer? bank)
    {
        var rows = heldOut[MemberName.SeasonalIndex].Length;
        if (rows == 0)
            return;
        var start = FittedSeasonal.EpochSeconds(coarse.Start);
        var stride = Math.Max(1, coarse.Values.Length / rows);
        int[] indexes = [.. Enumerable.Range(0, coarse.Values.Length).Where(i => i % stride == 0 && !double.IsNaN(coarse.Values[i]))];
        SeriesId[] same = [.. Enumerable.Repeat(series, indexes.Length)];
        var expected = seasons.Predict(same, [.. indexes.Select(i => start + i * coarse.Step.TotalSeconds)]);
        double[] deviations = [.. indexes.Select((i, j) => (coarse.Values[i] - expected[j].Expected) / expected[j].Deviation)];
        heldOut[MemberName.SeasonalIndex] = [.. heldOut[MemberName.SeasonalIndex], .. deviations.Select(Math.Abs)];
        if (heldOut[MemberName.BankIndex].Length > 0)
            heldOut[MemberName.BankIndex] = [.. heldOut[MemberName.BankIndex], .. deviations.Select(d => bank!.ScoreLevel(series, d))];
    }
}
