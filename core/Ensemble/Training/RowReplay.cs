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
            var row = RowBuilder.Build(identity, window, fine.Values[i]);
            if (row.MissingFraction <= FeatureQuality.SparseAbove)
                rows.Add(row);
        }
        return rows;
    }
}
