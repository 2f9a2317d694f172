using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>Controls: what is left of a figure when scores and labels no longer belong together.</summary>
public static class Controls
{
    /// <summary>The scores turned around by half of the rows after the warm-up, which stays.</summary>
    public static T[] Shifted<T>(T[] rows, int warmUp)
    {
        var (result, scored) = ((T[])rows.Clone(), rows.Length - warmUp);
        for (var i = 0; i < scored; i++)
            result[warmUp + i] = rows[warmUp + (i + scored / 2) % scored];
        return result;
    }

    /// <summary>The same events with the same distances between them, both in random order.</summary>
    public static bool[] Shuffled(bool[] labels, ulong seed)
    {
        var random = new Xoshiro256(seed);
        var events = LabelledEvent.In(labels);
        List<int> lengths = [.. events.Select(e => e.Last - e.First + 1)],
            gaps = [];
        for (var j = 1; j < events.Count; j++)
            gaps.Add(events[j].First - events[j - 1].Last - 1);
        if (events.Count > 0)
            gaps.Add(events[0].First + labels.Length - 1 - events[^1].Last);
        random.Shuffle(CollectionsMarshal.AsSpan(lengths));
        random.Shuffle(CollectionsMarshal.AsSpan(gaps));
        var result = new bool[labels.Length];
        // The last gap is split: its first part comes before all events.
        var at = gaps.Count == 0 ? 0 : random.Next(gaps[^1] + 1);
        for (var j = 0; j < lengths.Count; j++)
        {
            result.AsSpan(at, lengths[j]).Fill(true);
            at += lengths[j] + gaps[j];
        }
        return result;
    }
}
