namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>
/// Affiliation precision and recall, 0 to 1: how much closer predictions lie to events than chance would put them. Read the two apart: an alarm
/// everywhere has a harmonic mean of about 0.7.
/// </summary>
/// <param name="Precision">Mean over the events whose zone has a prediction; NaN without any.</param>
/// <param name="Recall">Mean over all events; NaN without any.</param>
/// <remarks>Huet, Navarro and Rossi, "Local evaluation of time series anomaly detection algorithms", KDD 2022.</remarks>
public readonly record struct Affiliation(double Precision, double Recall)
{
    /// <summary>Harmonic mean of the two; NaN where one is.</summary>
    public double F => 2 * Precision * Recall / (Precision + Recall);

    /// <param name="labels">True on anomalous rows.</param>
    /// <param name="predicted">True on rows in alarm; one for each label.</param>
    public static Affiliation Of(ReadOnlySpan<bool> labels, ReadOnlySpan<bool> predicted)
    {
        if (labels.Length != predicted.Length)
            throw new ArgumentException($"{labels.Length} labels but {predicted.Length} predictions", nameof(predicted));
        return Of(Intervals(labels), Intervals(predicted), labels.Length);
    }

    /// <summary>The same for half-open intervals [from, to) within [0, end), sorted and apart from each other.</summary>
    internal static Affiliation Of(IReadOnlyList<(double From, double To)> events, IReadOnlyList<(double From, double To)> predicted, double end)
    {
        double precision = 0,
            recall = 0;
        var zones = 0;
        for (var j = 0; j < events.Count; j++)
        {
            var zone = new Zone(
                j == 0 ? 0 : (events[j - 1].To + events[j].From) / 2,
                j == events.Count - 1 ? end : (events[j].To + events[j + 1].From) / 2,
                events[j].From,
                events[j].To
            );
            var pieces = zone.Cut(predicted);
            if (pieces.Count == 0)
                continue;
            zones++;
            precision += zone.Precision(pieces);
            recall += zone.Recall(pieces);
        }
        return new(zones == 0 ? double.NaN : precision / zones, events.Count == 0 ? double.NaN : recall / events.Count);
    }

    private static List<(double From, double To)> Intervals(ReadOnlySpan<bool> rows) =>
        LabelledEvent.In(rows).ConvertAll(run => ((double)run.First, run.Last + 1.0));

    /// <summary>The part of time that lies nearest to one event.</summary>
    private readonly record struct Zone(double Start, double End, double From, double To)
    {
        private double Length => End - Start;

        public List<(double From, double To)> Cut(IReadOnlyList<(double From, double To)> predicted)
        {
            List<(double From, double To)> pieces = [];
            foreach (var (from, to) in predicted)
                if (Math.Max(from, Start) < Math.Min(to, End))
                    pieces.Add((Math.Max(from, Start), Math.Min(to, End)));
            return pieces;
        }

        /// <summary>Mean over all predicted instants of the chance that a random one lies farther from the event.</summary>
        public double Precision(List<(double From, double To)> pieces)
        {
            double sum = 0,
                length = 0;
            foreach (var (from, to) in pieces)
            {
                length += to - from;
                sum += Math.Max(0, Math.Min(to, To) - Math.Max(from, From));
                if (from < From)
                    sum += Outside(From - Math.Min(to, From), From - from);
                if (to > To)
                    sum += Outside(Math.Max(from, To) - To, to - To);
            }
            return sum / length;
        }

        /// <summary>Mean over all instants of the event of the chance that a random prediction lies farther from it than the nearest one.</summary>
        public double Recall(List<(double From, double To)> pieces)
        {
            List<double> cuts = [From, To, (Start + End) / 2];
            for (var i = 0; i < pieces.Count; i++)
            {
                cuts.AddRange([pieces[i].From, pieces[i].To]);
                if (i > 0)
                    cuts.Add((pieces[i - 1].To + pieces[i].From) / 2);
            }
            var (from, to) = (From, To);
            double[] points = [.. cuts.Where(c => c >= from && c <= to).Distinct().Order()];
            var sum = 0.0;
            for (var i = 1; i < points.Length; i++)
                sum += Between(points[i - 1], points[i], pieces);
            return sum / (To - From);
        }

        /// <summary>Integral over instants whose distance from the event runs over [near, far] on one side.</summary>
        private double Outside(double near, double far)
        {
            var margin = Math.Min(From - Start, End - To);
            double Inner(double d) => d <= margin ? d * d / 2 : margin * margin / 2 + margin * (d - margin);
            var width = far - near;
            return width - ((To - From) * width + (far * far - near * near) / 2 + Inner(far) - Inner(near)) / Length;
        }

        /// <summary>Integral over a stretch in which the distances to the nearest prediction and to the border are straight lines.</summary>
        private double Between(double a, double b, List<(double From, double To)> pieces)
        {
            var (distanceA, distanceB) = (Distance(a, pieces), Distance(b, pieces));
            var (borderA, borderB) = (Border(a), Border(b));
            var (gapA, gapB) = (distanceA - borderA, distanceB - borderB);
            if (gapA * gapB >= 0)
                return Straight(b - a, distanceA, borderA, distanceB, borderB);
            var share = gapA / (gapA - gapB);
            var middle = distanceA + share * (distanceB - distanceA);
            return Straight(share * (b - a), distanceA, borderA, middle, middle)
                + Straight((1 - share) * (b - a), middle, middle, distanceB, borderB);
        }

        private double Straight(double width, double distanceA, double borderA, double distanceB, double borderB) =>
            width * (1 - (distanceA + Math.Min(distanceA, borderA) + distanceB + Math.Min(distanceB, borderB)) / 2 / Length);

        private double Border(double at) => Math.Min(at - Start, End - at);

        private static double Distance(double at, List<(double From, double To)> pieces)
        {
            var nearest = double.PositiveInfinity;
            foreach (var (from, to) in pieces)
                nearest = Math.Min(nearest, Math.Max(0, Math.Max(from - at, at - to)));
            return nearest;
        }
    }
}
