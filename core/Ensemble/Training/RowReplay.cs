using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>Replays the history of a series through a <see cref="SeriesWindow"/>, so that training sees the rows that serving would have built from the same samples.</summary>
internal static class RowReplay
{
    /// <summary>Rows in [from, until), one each <paramref name="stride"/> samples; rows too sparse to score are left out.</summary>
    public static List<ScoreRow> Rows(
        SeriesIdentity identity,
        SampleGrid coarse,
        SampleGrid fine,
        DateTimeOffset from,
        DateTimeOffset until,
        int stride
    )
    {
        var window = new SeriesWindow(fine.Step);
        window.LoadHistory(SlotMeans.Of(coarse.Start, coarse.Step, coarse.Before(fine.Start).Values));
        List<ScoreRow> rows = [];
        var (first, end) = (fine.IndexOf(from), fine.IndexOf(until));
        for (var i = 0; i < end; i++)
        {
            if (double.IsNaN(fine.Values[i]))
                continue;
            window.Append(new(fine.TimeAt(i), fine.Values[i]));
            if (i < first || (i - first) % stride != 0)
                continue;
            var features = new float[FeatureSchema.Current.Count];
            var quality = FeatureExtractor.Extract(window, features);
            if (!quality.IsSparse)
                rows.Add(
                    new(identity.Id, identity.Kind, fine.TimeAt(i), fine.Values[i], features, (float)quality.MissingFraction, Recent(fine.Values, i))
                );
        }
        return rows;
    }

    private static float[] Recent(double[] values, int index) =>
        index < ScoreRow.RecentSteps ? [] : Array.ConvertAll(values[(index - ScoreRow.RecentSteps)..index], v => (float)v);
}
