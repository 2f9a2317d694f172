namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>Areas under the precision-recall and ROC surfaces, 0 to 1; both NaN where the labels hold no event or nothing else.</summary>
public readonly record struct Volumes(double Pr, double Roc)
{
    public static readonly Volumes Undefined = new(double.NaN, double.NaN);
}

/// <summary>
/// VUS-PR and VUS-ROC as the TSB-AD benchmark computes them ("opt" variant, 250 thresholds): the mean over label windows 0..W of the area under a
/// curve that forgives detections next to an event. Threshold-free; only the ranks of the scores matter.
/// </summary>
/// <remarks>
/// Paparrizos et al., "Volume under the surface", VLDB 2022; Liu and Paparrizos, TSB-AD, NeurIPS 2024. Cost O(W·(rows + 250)).
/// </remarks>
public static class VolumeUnderSurface
{
    private const int Thresholds = 250;

    /// <param name="labels">True on anomalous rows.</param>
    /// <param name="scores">Higher is more anomalous; one for each label, none NaN.</param>
    /// <param name="largestWindow">W, usually the dominant period of the series.</param>
    public static Volumes Of(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores, int largestWindow)
    {
        if (labels.Length != scores.Length)
            throw new ArgumentException($"{labels.Length} labels but {scores.Length} scores", nameof(scores));
        var events = LabelledEvent.In(labels);
        var positives = events.Sum(e => e.Last - e.First + 1);
        if (positives == 0 || positives == labels.Length)
            return Volumes.Undefined;

        var cuts = new ScoreCuts(scores, Thresholds);
        var near = Merge(events, largestWindow / 2, labels.Length);
        double pr = 0,
            roc = 0;
        for (var window = 0; window <= largestWindow; window++)
        {
            var areas = Areas(labels, events, near, cuts, window, positives);
            (pr, roc) = (pr + areas.Pr, roc + areas.Roc);
        }
        return new(pr / (largestWindow + 1), roc / (largestWindow + 1));
    }

    private static Volumes Areas(
        ReadOnlySpan<bool> labels,
        List<LabelledEvent> events,
        List<LabelledEvent> near,
        ScoreCuts cuts,
        int window,
        int positives
    )
    {
        var soft = SoftLabels(labels, events, window);
        // What each threshold finds beyond the one above it.
        Span<double> newHits = stackalloc double[Thresholds],
            newExtent = stackalloc double[Thresholds];
        Span<int> newSegments = stackalloc int[Thresholds];
        newHits.Clear();
        newExtent.Clear();
        newSegments.Clear();
        foreach (var segment in near)
            for (var x = segment.First; x <= segment.Last; x++)
            {
                var found = cuts.FirstToReach(x);
                newHits[found] += soft[x];
                newExtent[found] += labels[x] ? 0 : soft[x];
            }
        var widened = Merge(events, window / 2, labels.Length);
        foreach (var segment in widened)
            newSegments[cuts.FirstToReach(segment)]++;

        double pr = 0,
            roc = 0,
            lastTrue = 0,
            lastFalse = 0,
            hits = 0,
            extent = positives;
        var segments = 0;
        for (var k = 0; k < Thresholds; k++)
        {
            var predicted = cuts.Predicted(k);
            (hits, extent, segments) = (hits + newHits[k], extent + newExtent[k], segments + newSegments[k]);
            var weight = (positives + extent) / 2;
            var truePositives = Math.Min(hits / weight, 1) * segments / widened.Count;
            var falsePositives = (predicted - hits) / (labels.Length - weight);
            pr += (truePositives - lastTrue) * hits / predicted;
            roc += (falsePositives - lastFalse) * (truePositives + lastTrue) / 2;
            (lastTrue, lastFalse) = (truePositives, falsePositives);
        }
        return new(pr, roc + (1 - lastFalse) * (1 + lastTrue) / 2);
    }

    /// <summary>1 on events, falling as √(1 − distance/window) within half a window of them.</summary>
    private static double[] SoftLabels(ReadOnlySpan<bool> labels, List<LabelledEvent> events, int window)
    {
        var soft = new double[labels.Length];
        var half = window / 2;
        foreach (var (first, last) in events)
        {
            for (var x = last + 1; x <= Math.Min(last + half, labels.Length - 1); x++)
                soft[x] += Math.Sqrt(1 - (double)(x - last) / window);
            for (var x = Math.Max(first - half, 0); x < first; x++)
                soft[x] += Math.Sqrt(1 - (double)(first - x) / window);
        }
        for (var x = 0; x < soft.Length; x++)
            soft[x] = labels[x] ? 1 : Math.Min(1, soft[x]);
        return soft;
    }

    /// <summary>Events widened by <paramref name="half"/> rows on both sides, joined where they meet.</summary>
    private static List<LabelledEvent> Merge(List<LabelledEvent> events, int half, int rows)
    {
        List<LabelledEvent> segments = [];
        var start = Math.Max(events[0].First - half, 0);
        for (var j = 1; j < events.Count; j++)
            if (events[j - 1].Last + half < events[j].First - half)
            {
                segments.Add(new(start, events[j - 1].Last + half));
                start = events[j].First - half;
            }
        segments.Add(new(start, Math.Min(events[^1].Last + half, rows - 1)));
        return segments;
    }

    /// <summary>Thresholds at even steps of rank, how many rows reach each, and which is the first that a row reaches.</summary>
    private sealed class ScoreCuts
    {
        private readonly int[] _predicted;
        private readonly int[] _firstToReach;

        public ScoreCuts(ReadOnlySpan<double> scores, int count)
        {
            var rows = new int[scores.Length];
            for (var x = 0; x < rows.Length; x++)
                rows[x] = x;
            var descending = scores.ToArray();
            Array.Sort(descending, rows, Comparer<double>.Create(static (a, b) => b.CompareTo(a)));
            // Multiplying by the step, not dividing the product, decides the last index in some lengths: the benchmark does so.
            var step = (scores.Length - 1) / (double)(count - 1);
            (_predicted, _firstToReach) = (new int[count], new int[scores.Length]);
            var reached = 0;
            for (var k = 0; k < count; k++)
            {
                var index = k == count - 1 ? scores.Length - 1 : (int)(k * step);
                while (index + 1 < descending.Length && descending[index + 1] == descending[index])
                    index++;
                _predicted[k] = index + 1;
                for (; reached <= index; reached++)
                    _firstToReach[rows[reached]] = k;
            }
        }

        public int Predicted(int k) => _predicted[k];

        /// <summary>Number of the highest threshold that the row reaches.</summary>
        public int FirstToReach(int row) => _firstToReach[row];

        /// <summary>Number of the highest threshold that some row of the segment reaches.</summary>
        public int FirstToReach(LabelledEvent segment)
        {
            var first = int.MaxValue;
            for (var x = segment.First; x <= segment.Last; x++)
                first = Math.Min(first, _firstToReach[x]);
            return first;
        }
    }
}
