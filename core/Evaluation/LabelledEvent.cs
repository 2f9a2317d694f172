namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>A maximal run of anomalous rows, both ends included.</summary>
public readonly record struct LabelledEvent(int First, int Last)
{
    public static List<LabelledEvent> In(ReadOnlySpan<bool> labels)
    {
        List<LabelledEvent> events = [];
        var first = -1;
        for (var x = 0; x <= labels.Length; x++)
        {
            var on = x < labels.Length && labels[x];
            if (on && first < 0)
                first = x;
            if (on || first < 0)
                continue;
            events.Add(new(first, x - 1));
            first = -1;
        }
        return events;
    }
}
