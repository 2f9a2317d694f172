using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Draws windows from many series: an even share for each up to a cap, newer ones more often, and the newest part of each series apart for
/// validation.
/// </summary>
internal static class LstmWindowSampler
{
    public static (LstmWindow[] Training, LstmWindow[] Validation) Sample(LstmTrainingSet set, LstmOptions options, Xoshiro256 random)
    {
        var tail = options.ValidationShare / (1 - options.ValidationShare);
        var training = Draw(set, options, random, validation: false, options.Windows, options.WindowsPerSeries);
        var validation = Draw(
            set,
            options,
            random,
            validation: true,
            (int)Math.Ceiling(options.Windows * tail),
            (int)Math.Ceiling(options.WindowsPerSeries * tail)
        );
        return (training, validation);
    }

    private static LstmWindow[] Draw(LstmTrainingSet set, LstmOptions options, Xoshiro256 random, bool validation, int budget, int cap)
    {
        var counts = new int[set.Series.Count];
        for (var s = 0; s < counts.Length; s++)
            counts[s] = Eligible(set.Series[s], options, validation).Count;
        var quotas = Quotas(counts, budget, cap);
        var halfLifeSteps = options.RecencyHalfLife / set.Step;
        var windows = new List<LstmWindow>();
        for (var s = 0; s < counts.Length; s++)
            if (quotas[s] > 0)
                foreach (var target in Weighted(Eligible(set.Series[s], options, validation), quotas[s], halfLifeSteps, random))
                    windows.Add(new(s, target));
        return [.. windows];
    }

    /// <summary>Target places whose forecasts are all there and whose inputs are complete enough, oldest first.</summary>
    private static List<int> Eligible(LstmSeries series, LstmOptions options, bool validation)
    {
        var length = series.Values.Length;
        var cut = (int)Math.Floor(length * (1 - options.ValidationShare));
        var first = validation ? Math.Max(cut, options.Steps) : options.Steps;
        var end = (validation ? length : cut) - options.Horizons;
        var targets = new List<int>(Math.Max(0, end - first + 1));
        int missingInputs = 0,
            missingTargets = 0;
        for (var i = first - options.Steps; i < first + options.Horizons && i < length; i++)
            if (!series.Has(i))
                _ = i < first ? missingInputs++ : missingTargets++;
        for (var target = first; target <= end; target++)
        {
            if (missingTargets == 0 && missingInputs <= options.MaxMissing * options.Steps)
                targets.Add(target);
            if (target == end)
                break;
            missingInputs += Gap(target) - Gap(target - options.Steps);
            missingTargets += Gap(target + options.Horizons) - Gap(target);
        }
        return targets;

        int Gap(int index) => series.Has(index) ? 0 : 1;
    }

    /// <summary>The budget in even shares; what a short series cannot give goes to the others.</summary>
    private static int[] Quotas(int[] counts, int budget, int cap)
    {
        var quotas = new int[counts.Length];
        var order = Enumerable.Range(0, counts.Length).Where(s => counts[s] > 0).OrderBy(s => counts[s]).ToArray();
        for (var rank = 0; rank < order.Length; rank++)
        {
            var share = budget / (order.Length - rank);
            quotas[order[rank]] = Math.Min(Math.Min(counts[order[rank]], cap), share);
            budget -= quotas[order[rank]];
        }
        return quotas;
    }

    /// <summary>One draw in each of <paramref name="quota"/> strata of equal weight; a place that is hit twice counts once.</summary>
    private static IEnumerable<int> Weighted(List<int> targets, int quota, double halfLifeSteps, Xoshiro256 random)
    {
        if (quota == targets.Count)
        {
            foreach (var target in targets)
                yield return target;
            yield break;
        }
        var total = 0.0;
        foreach (var target in targets)
            total += Weight(target);
        var passed = Weight(targets[0]);
        int at = 0,
            last = -1;
        for (var stratum = 0; stratum < quota; stratum++)
        {
            var draw = (stratum + random.NextDouble()) / quota * total;
            while (passed < draw && at < targets.Count - 1)
                passed += Weight(targets[++at]);
            if (at != last)
                yield return targets[at];
            last = at;
        }

        double Weight(int target) => Math.Pow(2, (target - targets[^1]) / halfLifeSteps);
    }
}
