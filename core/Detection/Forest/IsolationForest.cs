using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>Grows isolation forests (Liu, Ting, Zhou, ICDM 2008). Rows that few random splits separate from the rest are anomalous.</summary>
public static class IsolationForest
{
    /// <summary>Grows a forest. The same rows, options and build give the same forest on every machine.</summary>
    /// <param name="rows">Training rows, row-major, finite. Already float32, so that training and every scorer compare the same numbers.</param>
    /// <param name="featureCount">Columns.</param>
    /// <param name="options">Trees, rows a tree, seed. With fewer rows than <see cref="ForestOptions.Subsample"/> each tree sees them all.</param>
    /// <exception cref="ArgumentException">Not whole rows, fewer than two of them, or a value that is not finite; the message says which.</exception>
    public static FittedForest Fit(ReadOnlyMemory<float> rows, int featureCount, ForestOptions options)
    {
        options.Check();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        if (rows.Length % featureCount != 0)
            throw new ArgumentException($"{rows.Length} values are not whole rows of {featureCount} features", nameof(rows));
        var count = rows.Length / featureCount;
        if (count < 2)
            throw new ArgumentException($"a forest needs at least 2 rows, {count} given", nameof(rows));
        RequireFinite(rows.Span, featureCount);

        var subsample = Math.Min(options.Subsample, count);
        var trees = new IsolationTree[options.Trees];
        for (var k = 0; k < trees.Length; k++)
            trees[k] = Grow(rows.Span, featureCount, count, subsample, new Xoshiro256(options.Seed + (ulong)k));
        return new(trees, featureCount, subsample, options.Seed);
    }

    private static IsolationTree Grow(ReadOnlySpan<float> rows, int featureCount, int count, int subsample, Xoshiro256 random)
    {
        var drawn = Draw(count, subsample, random);
        return new TreeGrowth(featureCount, HeightLimit(subsample), random).Grow(rows, drawn);
    }

    /// <summary>ceil(log2 ψ): the average height of a tree of ψ rows; deeper splits only tell normal rows apart.</summary>
    internal static int HeightLimit(int subsample) => (int)Math.Ceiling(Math.Log2(subsample));

    /// <summary>Rows without replacement (Floyd's algorithm), sorted so that the draw does not depend on a hash order.</summary>
    private static int[] Draw(int count, int take, Xoshiro256 random)
    {
        var drawn = new HashSet<int>(take);
        for (var last = count - take; last < count; last++)
            if (!drawn.Add(random.Next(last + 1)))
                drawn.Add(last);
        var sorted = new int[take];
        drawn.CopyTo(sorted);
        Array.Sort(sorted);
        return sorted;
    }

    private static void RequireFinite(ReadOnlySpan<float> rows, int featureCount)
    {
        for (var i = 0; i < rows.Length; i++)
            if (!float.IsFinite(rows[i]))
                throw new ArgumentException(
                    $"row {i / featureCount}, feature {i % featureCount} is {rows[i]}; impute missing values before training",
                    nameof(rows)
                );
    }
}
