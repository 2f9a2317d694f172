using System.Globalization;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary><c>histogram_quantile</c> over columns that differ in <c>le</c>.</summary>
internal static class Histograms
{
    public static List<Column> Quantile(double[] q, List<Column> input, int count)
    {
        var groups = new Dictionary<Labels, List<(double Bound, double[] Values)>>();
        foreach (var column in input)
        {
            if (!TryBound(column.Labels["le"], out var bound))
                continue;
            var key = LabelSets.Drop(column.Labels, ["le"]);
            if (!groups.TryGetValue(key, out var buckets))
                groups.Add(key, buckets = []);
            buckets.Add((bound, column.Values));
        }
        List<Column> output = [];
        foreach (var (labels, buckets) in groups)
        {
            buckets.Sort(static (a, b) => a.Bound.CompareTo(b.Bound));
            var values = Missing.Fill(count);
            var bounds = new double[buckets.Count];
            var counts = new double[buckets.Count];
            for (var i = 0; i < count; i++)
            {
                var n = 0;
                foreach (var (bound, at) in buckets)
                {
                    if (Missing.Is(at[i]))
                        continue;
                    if (n > 0 && bounds[n - 1] == bound)
                        counts[n - 1] += at[i];
                    else
                        (bounds[n], counts[n++]) = (bound, at[i]);
                }
                if (n > 0)
                    values[i] = Quantiles.OfBuckets(q[i], bounds.AsSpan(0, n), counts.AsSpan(0, n));
            }
            output.Add(new(labels, values));
        }
        return output;
    }

    private static bool TryBound(string le, out double bound)
    {
        bound = double.PositiveInfinity;
        return le is "+Inf" or "Inf" || double.TryParse(le, NumberStyles.Float, CultureInfo.InvariantCulture, out bound);
    }
}
