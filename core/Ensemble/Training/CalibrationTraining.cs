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
        var histories = new double[set.Series.Count][][];
        Parallel.For(
            0,
            histories.Length,
            CoreThreads.Options(cancellationToken),
            i =>
            {
                var series = set.Series[i];
                histories[i] = Scores(series, set, members);
                if (members.Seasonal is { } bank && bank.Knows(series.Identity.Id))
                    histories[i][MemberName.SeasonalIndex] = WithHistory(
                        histories[i][MemberName.SeasonalIndex],
                        series.Coarse.Before(set.FitUntil),
                        bank,
                        series.Identity.Id
                    );
            }
        );

        var own = set.Series.ToDictionary(s => s.Identity.Id, _ => new MemberCalibration?[MemberName.Count]);
        var shared = new Dictionary<SignalKind, MemberCalibration?[]>();
        foreach (var kind in Enumerable.Range(0, histories.Length).GroupBy(i => set.Series[i].Identity.Kind))
        {
            int[] indexes = [.. kind];
            shared[kind.Key] = new MemberCalibration?[MemberName.Count];
            for (var m = 0; m < MemberName.Count; m++)
            {
                var fit = CalibrationFit.Fit(
                    [.. indexes.Select(i => histories[i][m])],
                    m == MemberName.ForestIndex ? CalibrationFit.MaxShape : CalibrationFit.MaxShapeOfLogarithm
                );
                shared[kind.Key][m] = fit.Shared;
                for (var j = 0; j < indexes.Length; j++)
                    own[set.Series[indexes[j]].Identity.Id][m] = fit.Own[j];
            }
        }
        return new(own, shared);
    }

    private static double[][] Scores(TrainingSeries series, TrainingSet set, EnsembleMembers members)
    {
        var rows = RowReplay.Rows(series.Identity, series.Coarse, series.Fine, set.FitUntil, set.CalibrateUntil, Stride);
        var raw = members.Score(rows);
        var scores = new double[MemberName.Count][];
        for (var m = 0; m < scores.Length; m++)
            scores[m] = [.. raw.Select(r => r[m]).Where(double.IsFinite)];
        return scores;
    }

    /// <summary>
    /// Adds as many distances over the whole coarse history: a few hours do not show how far a season misses at other times of the day.
    /// These are in sample, which 50 parameters on thousands of rows make hardly smaller.
    /// </summary>
    private static double[] WithHistory(double[] heldOut, SampleGrid coarse, SeasonalScorer bank, SeriesId series)
    {
        if (heldOut.Length == 0)
            return heldOut;
        var start = FittedSeasonal.EpochSeconds(coarse.Start);
        var stride = Math.Max(1, coarse.Values.Length / heldOut.Length);
        int[] indexes = [.. Enumerable.Range(0, coarse.Values.Length).Where(i => i % stride == 0 && !double.IsNaN(coarse.Values[i]))];
        SeriesId[] same = [.. Enumerable.Repeat(series, indexes.Length)];
        var expected = bank.Predict(same, [.. indexes.Select(i => start + i * coarse.Step.TotalSeconds)]);
        return
        [
            .. heldOut,
            .. indexes.Select((i, j) => RawScores.SeasonalScore(Math.Abs(coarse.Values[i] - expected[j].Expected) / expected[j].Deviation)),
        ];
    }
}
