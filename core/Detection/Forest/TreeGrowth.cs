using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// Grows one tree: random feature among those that vary in the node, random threshold between its extremes, until one row, one value or the height
/// limit.
/// </summary>
internal sealed class TreeGrowth(int featureCount, int heightLimit, Xoshiro256 random)
{
    private readonly List<int> _feature = [],
        _left = [],
        _right = [],
        _rows = [];
    private readonly List<float> _threshold = [];
    private readonly int[] _order = [.. Enumerable.Range(0, featureCount)];

    internal IsolationTree Grow(ReadOnlySpan<float> rows, Span<int> drawn)
    {
        Split(rows, drawn, 0);
        return new([.. _feature], [.. _threshold], [.. _left], [.. _right], [.. _rows]);
    }

    private int Split(ReadOnlySpan<float> rows, Span<int> members, int depth)
    {
        var node = _feature.Count;
        _feature.Add(-1);
        _threshold.Add(0);
        _left.Add(0);
        _right.Add(0);
        _rows.Add(members.Length);
        if (members.Length <= 1 || depth == heightLimit || !TryPickFeature(rows, members, out var feature, out var min, out var max))
            return node;
        var threshold = Threshold(min, max);
        var left = Partition(rows, members, feature, threshold);
        _feature[node] = feature;
        _threshold[node] = threshold;
        _left[node] = Split(rows, members[..left], depth + 1);
        _right[node] = Split(rows, members[left..], depth + 1);
        return node;
    }

    /// <summary>Tries features in random order until one varies: uniform among those that do, without looking at all of them.</summary>
    private bool TryPickFeature(ReadOnlySpan<float> rows, ReadOnlySpan<int> members, out int feature, out float min, out float max)
    {
        for (var tried = 0; tried < featureCount; tried++)
        {
            var pick = tried + random.Next(featureCount - tried);
            (_order[tried], _order[pick]) = (_order[pick], _order[tried]);
            feature = _order[tried];
            min = float.PositiveInfinity;
            max = float.NegativeInfinity;
            foreach (var row in members)
            {
                var value = rows[row * featureCount + feature];
                min = Math.Min(min, value);
                max = Math.Max(max, value);
            }
            if (max > min)
                return true;
        }
        (feature, min, max) = (-1, 0, 0);
        return false;
    }

    /// <summary>Uniform in [min, max) and a float32, so both sides get a row and every scorer decides alike.</summary>
    private float Threshold(float min, float max)
    {
        var threshold = (float)(min + random.NextDouble() * ((double)max - min));
        return threshold >= max ? min : threshold;
    }

    /// <summary>Puts the members with value ≤ threshold first, keeping the order on both sides; returns how many.</summary>
    private int Partition(ReadOnlySpan<float> rows, Span<int> members, int feature, float threshold)
    {
        Span<int> right = stackalloc int[members.Length];
        int left = 0,
            rest = 0;
        foreach (var row in members)
            if (rows[row * featureCount + feature] <= threshold)
                members[left++] = row;
            else
                right[rest++] = row;
        right[..rest].CopyTo(members[left..]);
        return left;
    }
}
