using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Features;

/// <summary>The features by their definitions, from the whole past at once, for a step of 15 s: oracle of window and extractor.</summary>
internal sealed class PlainFeatures
{
    private const long SlotTicks = 15 * TimeSpan.TicksPerMinute;

    private readonly Dictionary<long, double> _steps = [];
    private readonly Dictionary<long, double> _slots;
    private readonly Sample[] _samples;
    private readonly Sample[] _history;
    private readonly long[] _index;

    internal PlainFeatures(Sample[] history, Sample[] samples)
    {
        (_history, _samples) = (history, samples);
        _index = [.. samples.Select(s => (long)Math.Round((s.Timestamp - samples[0].Timestamp) / TimeSpan.FromSeconds(15)))];
        for (var i = 0; i < samples.Length; i++)
            _steps[_index[i]] = samples[i].Value;
        _slots = history.ToDictionary(h => Slot(h), h => h.Value);
        foreach (var slot in samples.GroupBy(Slot).SkipLast(1).Where(g => g.Count() >= 30))
            _slots[slot.Key] = slot.Average(s => s.Value);
    }

    /// <summary>The row of the last sample.</summary>
    internal Dictionary<string, double?> Row()
    {
        var n = _index[^1];
        var x = _samples[^1].Value;
        var row = FeatureSchema.Current.Names.ToDictionary(name => name, _ => (double?)null);
        Slow(row, n, x);
        Averages(row);
        Hour(row, n, x);
        Clock(row);
        return row;
    }

    private void Slow(Dictionary<string, double?> row, long n, double x)
    {
        var at = _samples.Length - 1;
        while (at > 0 && _index[at] / 16 == _index[at - 1] / 16 && Slot(_samples[at]) == Slot(_samples[at - 1]))
            at--;
        var m = _index[at];
        var hour = Between(m - 239, m);
        var slot = Slot(_samples[at]);
        double scale = 0;
        if (hour.Length >= 120)
        {
            var median = Quantile(hour, 0.5);
            scale = Math.Max(1.4826 * Quantile([.. hour.Select(v => Math.Abs(v - median))], 0.5), 0.3 * Std(hour));
            row["z_robust_1h"] = (x - median) / scale;
            row["log_iqr_ratio_1h"] = Math.Log((Quantile(hour, 0.75) - Quantile(hour, 0.25)) / (1.349 * Std(hour)));
            row["zero_fraction"] = hour.Count(v => v == 0) / (double)hour.Length;
            var longest = 1;
            for (int i = 1, run = 1; i < hour.Length; i++)
                longest = Math.Max(longest, run = hour[i] == hour[i - 1] ? run + 1 : 1);
            row["flat_run"] = (double)longest / hour.Length;
            foreach (var (name, lag) in new[] { ("lag_1m", 4), ("lag_5m", 20), ("lag_1h", 240) })
                row[name] = (x - At(n - lag)) / scale;
        }
        foreach (var (name, lag) in new[] { ("change_1m", 4), ("change_5m", 20), ("change_15m", 60) })
        {
            var sizes = Enumerable
                .Range(0, 240 - lag)
                .Select(i => Math.Abs((At(m - i) - At(m - i - lag)) ?? double.NaN))
                .Where(v => !double.IsNaN(v))
                .ToArray();
            if (2 * sizes.Length >= 240 - lag)
                row[name] = (x - At(n - lag)) / Math.Max(1.4826 * Quantile(sizes, 0.5), 0.3 * Math.Sqrt(sizes.Average(v => v * v)));
        }
        Rhythm(row, m);

        var day = Enumerable.Range(1, 96).Where(k => _slots.ContainsKey(slot - k)).Select(k => _slots[slot - k]).ToArray();
        if (day.Length >= 48)
            row["position_1d"] = (x - day.Min()) / (day.Max() - day.Min());
        // The slot a week and a quarter of an hour back has left the ring.
        var same = (from back in Enumerable.Range(1, 7) from near in new[] { -1, 0, 1 } select slot - 96 * back + near)
            .Where(s => s > slot - 674 && _slots.ContainsKey(s))
            .Select(s => _slots[s])
            .ToArray();
        if (same.Length < 6 || scale == 0)
            return;
        var center = Quantile(same, 0.5);
        var spread = Math.Max(1.4826 * Quantile([.. same.Select(v => Math.Abs(v - center))], 0.5), 0.3 * Std(same));
        row["z_slot_of_day"] = (x - center) / Math.Sqrt(spread * spread + scale * scale);
    }

    private void Rhythm(Dictionary<string, double?> row, long m)
    {
        List<double> run = [];
        for (var i = m; i > m - 240; i--)
        {
            if (At(i) is { } value)
            {
                run.Insert(0, value);
                continue;
            }
            var before = Enumerable.Range(1, 3).FirstOrDefault(k => At(i - k) is not null && i - k > m - 240);
            if (before == 0 || Enumerable.Range(1, 3 - before + 1).All(k => At(i + k) is null))
                break;
            var after = Enumerable.Range(1, 3).First(k => At(i + k) is not null);
            run.Insert(0, At(i - before)!.Value + (At(i + after)!.Value - At(i - before)!.Value) * before / (before + after));
        }
        if (run.Count < 120)
            return;
        var mean = run.Average();
        var squares = run.Sum(v => (v - mean) * (v - mean));
        foreach (var lag in new[] { 1, 5, 60 })
            row[$"acf_{lag}"] = Enumerable.Range(lag, run.Count - lag).Sum(i => (run[i] - mean) * (run[i - lag] - mean)) / squares;

        var count = run.Count;
        var middle = (count - 1) / 2.0;
        var slope =
            Enumerable.Range(0, count).Sum(i => (i - middle) * (run[i] - mean)) / Enumerable.Range(0, count).Sum(i => (i - middle) * (i - middle));
        var tapered = run.Select((v, i) => (v - mean - slope * (i - middle)) * (0.5 - 0.5 * Math.Cos(2 * Math.PI * i / count))).ToArray();
        var power = Enumerable
            .Range(1, 128)
            .Select(k =>
            {
                var re = tapered.Select((v, t) => v * Math.Cos(2 * Math.PI * k * t / 256)).Sum();
                var im = tapered.Select((v, t) => v * Math.Sin(2 * Math.PI * k * t / 256)).Sum();
                return re * re + im * im;
            })
            .ToArray();
        var total = power.Sum();
        int[] edges = [1, 4, 9, 21, 53, 129];
        for (var band = 0; band < 5; band++)
            row[$"band_{band}"] = power[(edges[band] - 1)..(edges[band + 1] - 1)].Sum() / total;
        row["spectral_entropy"] = -power.Sum(p => p / total * Math.Log(p / total)) / Math.Log(128);
        row["dominant_share"] = power.Max() / total;
    }

    private void Averages(Dictionary<string, double?> row)
    {
        double[] minutes = [5, 60, 1440];
        var std = new double[3];
        var known = new bool[3];
        double up = 0,
            down = 0;
        foreach (var i in Enumerable.Range(0, _samples.Length))
            for (var a = 0; a < 3; a++)
            {
                if (a != 1 && i < _samples.Length - 1)
                    continue;
                var (mean, deviation, mass) = Average(minutes[a], i, a == 2);
                known[a] = mass >= 0.5;
                var z = Math.Clamp((_samples[i].Value - mean) / deviation, -10, 10);
                if (a == 1 && known[a])
                {
                    up = Math.Clamp(up + z - 0.5, 0, 100);
                    down = Math.Clamp(down - z - 0.5, 0, 100);
                }
                if (i < _samples.Length - 1)
                    continue;
                (_, std[a], _) = Average(minutes[a], i + 1, a == 2);
                if (known[a])
                    row[
                        a == 0 ? "z_ewma_5m"
                        : a == 1 ? "z_ewma_1h"
                        : "z_ewma_1d"
                    ] = z;
            }
        if (known[1])
            (row["cusum_up"], row["cusum_down"]) = (Math.Log(1 + up), Math.Log(1 + down));
        if (known[0] && known[2])
            row["log_spread_5m_1d"] = Math.Log(std[0] / std[2]);
        if (!known[2])
            return;
        var x = _samples[^1].Value;
        var slot = Slot(_samples[^1]);
        if (_slots.TryGetValue(slot - 96, out var yesterday))
            row["lag_1d"] = (x - yesterday) / std[2];
        if (_slots.TryGetValue(slot - 672, out var lastWeek))
            row["lag_7d"] = (x - lastWeek) / std[2];
    }

    /// <summary>
    /// Weighted moments of the first <paramref name="count"/> samples, by the time of the next one (or of the last, when there is none).
    /// </summary>
    private (double Mean, double Std, double Mass) Average(double halfLifeMinutes, int count, bool withHistory)
    {
        var decay = Math.Pow(2, -0.25 / halfLifeMinutes);
        var now = count < _samples.Length ? _index[count] : _index[^1];
        List<(double Weight, double Value)> parts =
        [
            .. Enumerable.Range(0, count).Select(i => ((1 - decay) * Math.Pow(decay, now - _index[i]), _samples[i].Value)),
        ];
        if (withHistory)
        {
            var sinceHistory = (_samples[0].Timestamp.UtcTicks - (Slot(_history.LastOrDefault()) + 1) * SlotTicks) / (15 * TimeSpan.TicksPerSecond);
            foreach (var mean in _history)
            {
                var slots = Slot(_history[^1]) - Slot(mean);
                var slotDecay = Math.Pow(2, -15 / halfLifeMinutes);
                parts.Add(((1 - slotDecay) * Math.Pow(slotDecay, slots) * Math.Pow(decay, now + sinceHistory), mean.Value));
            }
        }
        var mass = parts.Sum(p => p.Weight);
        var center = parts.Sum(p => p.Weight * p.Value) / mass;
        return (center, Math.Sqrt(parts.Sum(p => p.Weight * (p.Value - center) * (p.Value - center)) / mass), mass);
    }

    private void Hour(Dictionary<string, double?> row, long n, double x)
    {
        var hour = Between(n - 239, n);
        var minutes = Between(n - 19, n);
        row["missing_fraction"] = 1 - hour.Length / 240.0;
        if (hour.Length < 120)
            return;
        row["position_1h"] = (x - hour.Min()) / (hour.Max() - hour.Min());
        if (minutes.Length < 10)
            return;
        row["mean_5m"] = (minutes.Average() - hour.Average()) / Std(hour);
        row["log_std_5m"] = Math.Log(Std(minutes) / Std(hour));
        row["min_5m"] = (minutes.Min() - hour.Average()) / Std(hour);
        row["max_5m"] = (minutes.Max() - hour.Average()) / Std(hour);
    }

    private void Clock(Dictionary<string, double?> row)
    {
        var time = _samples[^1].Timestamp.UtcDateTime;
        var day = 2 * Math.PI * time.TimeOfDay.TotalDays;
        var week = 2 * Math.PI * ((((int)time.DayOfWeek + 6) % 7) + time.TimeOfDay.TotalDays) / 7;
        (row["day_sin"], row["day_cos"], row["week_sin"], row["week_cos"]) = (Math.Sin(day), Math.Cos(day), Math.Sin(week), Math.Cos(week));
    }

    private static long Slot(Sample sample) => sample.Timestamp.UtcTicks / SlotTicks;

    private double? At(long index) => _steps.TryGetValue(index, out var value) ? value : null;

    private double[] Between(long first, long last) =>
        [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => At(first + i)).Where(v => v is not null).Select(v => v!.Value)];

    private static double Std(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }

    private static double Quantile(double[] values, double q)
    {
        var sorted = values.Order().ToArray();
        var at = q * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
