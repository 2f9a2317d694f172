using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>How the ensemble and each member alone see planted faults.</summary>
internal sealed class FaultEvaluation
{
    /// <summary>Rows next to a fault in which VUS-PR forgives a detection: 5 minutes at 15 s.</summary>
    private const int LabelWindow = 20;

    private readonly List<Planted> _planted = [];

    public void Add(TrainingSeries series, double scale, FaultShape shape, ulong seed, TrainingSet set, EnsembleScorer scorer)
    {
        var fine = series.Fine;
        var from = fine.IndexOf(set.CalibrateUntil) + LabelWindow;
        if (FaultInjector.Plant(fine.Values, from, fine.Values.Length - LabelWindow, scale, shape, fine.Step, new Xoshiro256(seed)) is not { } fault)
            return;
        var rows = RowReplay.Rows(series.Identity, series.Coarse, fine with { Values = fault.Values }, set.CalibrateUntil, set.End, 1);
        var (begin, end) = (fine.TimeAt(fault.First), fine.TimeAt(fault.First + fault.Length));
        bool[] labels = [.. rows.Select(r => r.Timestamp >= begin && r.Timestamp < end)];
        var verdicts = scorer.Score(rows);
        var scores = new double[MemberName.Count + 1][];
        for (var m = 0; m < MemberName.Count; m++)
            scores[m] = [.. verdicts.Select(v => v.Votes.Count > m ? v.Votes[m].AnomalyScore : 0)];
        scores[MemberName.Count] = [.. verdicts.Select(v => v.AnomalyScore)];
        var hit = Array.FindIndex(verdicts, v => ScoreThresholds.IsAnomalous(v.AnomalyScore) && v.Timestamp >= begin && v.Timestamp < end);
        var planted = new Planted(seed, shape, labels, scores, hit < 0 ? null : verdicts[hit].Timestamp - begin);
        lock (_planted)
            _planted.Add(planted);
    }

    public void Report(IDictionary<string, double> figures)
    {
        figures["eval/faults"] = _planted.Count;
        if (_planted.Count == 0)
            return;
        _planted.Sort((a, b) => a.Seed.CompareTo(b.Seed));
        bool[] labels = [.. _planted.SelectMany(p => p.Labels)];
        for (var m = 0; m <= MemberName.Count; m++)
        {
            var prefix = m < MemberName.Count ? $"eval/{MemberName.All[m]}/" : "eval/";
            Put(figures, prefix + "auc_pr", RankingMetrics.AveragePrecision(labels, _planted.SelectMany(p => p.Scores[m]).ToArray()));
            Put(
                figures,
                prefix + "vus_pr",
                _planted
                    .AsParallel()
                    .AsOrdered()
                    .Select(p => VolumeUnderSurface.Of(p.Labels, p.Scores[m], LabelWindow).Pr)
                    .Where(double.IsFinite)
                    .DefaultIfEmpty(double.NaN)
                    .Average()
            );
        }
        figures["eval/detection_rate"] = _planted.Average(p => p.Delay is null ? 0.0 : 1);
        foreach (var shape in _planted.GroupBy(p => p.Shape).OrderBy(g => g.Key))
            figures[$"eval/detection_rate/{Name(shape.Key)}"] = shape.Average(p => p.Delay is null ? 0.0 : 1);
        double[] delays = [.. _planted.Where(p => p.Delay is not null).Select(p => p.Delay!.Value.TotalSeconds).Order()];
        if (delays.Length > 0)
            figures["eval/detection_delay_seconds"] = delays[delays.Length / 2];
    }

    private static void Put(IDictionary<string, double> figures, string name, double value)
    {
        if (double.IsFinite(value))
            figures[name] = value;
    }

    private static string Name(FaultShape shape) => shape == FaultShape.LevelShift ? "level_shift" : shape.ToString().ToLowerInvariant();

    private sealed record Planted(ulong Seed, FaultShape Shape, bool[] Labels, double[][] Scores, TimeSpan? Delay);
}
