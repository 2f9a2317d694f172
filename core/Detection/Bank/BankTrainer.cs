using System.Numerics.Tensors;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>
/// Chooses a bank: windows drawn evenly from the series, a few Lloyd steps from random centres, and for each centre the nearest real window.
/// </summary>
public static class BankTrainer
{
    private const int LloydSteps = 3;

    /// <summary>The bank of one series.</summary>
    /// <param name="series">What to learn, in the unit of the series.</param>
    /// <param name="scale">Scale in which the windows are kept.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">A value is not finite, or there are too few complete windows; the message names what.</exception>
    public static FittedBank Fit(BankSeries series, BankScale scale, BankOptions options)
    {
        if (options.Length < 2 || options.Entries < FittedBank.Neighbours || options.Windows < options.Entries)
            throw new ArgumentException(
                $"a bank needs a length of 2 or more, {FittedBank.Neighbours} or more entries and at least as many windows; seen {options}",
                nameof(options)
            );
        var random = new Xoshiro256(options.Seed);
        var windows = BankWindows.Draw(series, scale, options, random);
        if (windows.Count < 2 * FittedBank.Neighbours)
            throw new ArgumentException(
                $"series {series.Name} gives {windows.Count} complete windows of {options.Length} steps; "
                    + $"a bank needs {2 * FittedBank.Neighbours} or more",
                nameof(series)
            );
        var kept = CoreSet(windows, Math.Min(options.Entries, windows.Count), random);
        var entries = new float[kept.Length * options.Length];
        for (var i = 0; i < kept.Length; i++)
            windows[kept[i]].CopyTo(entries.AsSpan(i * options.Length));
        return new(entries, options.Length);
    }

    private static int[] CoreSet(BankWindows windows, int count, Xoshiro256 random)
    {
        var order = Enumerable.Range(0, windows.Count).ToArray();
        random.Shuffle<int>(order);
        var centers = new float[count * windows.Length];
        for (var c = 0; c < count; c++)
            windows[order[c]].CopyTo(centers.AsSpan(c * windows.Length));
        for (var step = 0; step < LloydSteps; step++)
            MoveCenters(windows, centers, count);
        // Centres may share their nearest window (all do where the series repeats itself exactly): drawn windows take the free places.
        return [.. Enumerable.Range(0, count).Select(c => Closest(windows, Center(c))).Concat(order).Distinct().Take(count).Order()];

        ReadOnlySpan<float> Center(int c) => centers.AsSpan(c * windows.Length, windows.Length);
    }

    private static void MoveCenters(BankWindows windows, float[] centers, int count)
    {
        var sums = new float[centers.Length];
        var members = new int[count];
        for (var w = 0; w < windows.Count; w++)
        {
            var (best, bestDistance) = (0, float.PositiveInfinity);
            for (var c = 0; c < count; c++)
                if (
                    TensorPrimitives.Distance(windows[w], centers.AsSpan(c * windows.Length, windows.Length)) is var distance
                    && distance < bestDistance
                )
                    (best, bestDistance) = (c, distance);
            var sum = sums.AsSpan(best * windows.Length, windows.Length);
            TensorPrimitives.Add(sum, windows[w], sum);
            members[best]++;
        }
        for (var c = 0; c < count; c++)
            if (members[c] > 0)
                TensorPrimitives.Divide(
                    sums.AsSpan(c * windows.Length, windows.Length),
                    members[c],
                    centers.AsSpan(c * windows.Length, windows.Length)
                );
    }

    private static int Closest(BankWindows windows, ReadOnlySpan<float> center)
    {
        var (best, bestDistance) = (0, float.PositiveInfinity);
        for (var w = 0; w < windows.Count; w++)
            if (TensorPrimitives.Distance(windows[w], center) is var distance && distance < bestDistance)
                (best, bestDistance) = (w, distance);
        return best;
    }
}
