using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Windows;
using Known = Dapr.Anomaly.Core.Windows.SlowStatistics.Known;

namespace Dapr.Anomaly.Core.Features;

/// <summary>
/// Turns a window into one row of features, the same code for training and serving. A pure function of the window: trailing only, finite, bounded,
/// unchanged when the series is rescaled (x to a·x + b, a &gt; 0; the share of zeros needs b = 0). Allocates nothing.
/// </summary>
public static class FeatureExtractor
{
    private static readonly FeatureDefinition[] Definitions = [.. FeatureSchema.Current.Features];

    /// <summary>Writes the features of the newest sample.</summary>
    /// <param name="window">A window with at least one sample.</param>
    /// <param name="features">Receives <see cref="FeatureSchema.Count"/> values.</param>
    /// <exception cref="InvalidOperationException">The window has no sample.</exception>
    public static FeatureQuality Extract(SeriesWindow window, Span<float> features)
    {
        if (features.Length != Definitions.Length)
            throw new ArgumentException($"a row has {Definitions.Length} features, the span has {features.Length}", nameof(features));
        if (window.NewestIndex < 0)
            throw new InvalidOperationException("the window has no sample yet, there is nothing to extract");
        var row = new FeatureRow(features, Definitions);
        var value = window.Fine[window.NewestIndex];
        var floor = window.Floor(value);
        Level(ref row, window, value);
        Hour(ref row, window, value, floor);
        Lags(ref row, window, value, floor);
        Rhythm(ref row, window);
        Clock(ref row, window.NewestTicks);
        return row.Finish();
    }

    private static void Level(ref FeatureRow row, SeriesWindow window, float value)
    {
        ref readonly var slow = ref window.Slow;
        var level = slow.Has.HasFlag(Known.Level);
        row.Set(Feature.ZRobust1h, SeriesWindow.Ratio((double)value - slow.Median, slow.Scale), level);
        row.Set(
            Feature.ZSlotOfDay,
            SeriesWindow.Ratio((double)value - slow.SlotMedian, Math.Sqrt((double)slow.SlotScale * slow.SlotScale + (double)slow.Scale * slow.Scale)),
            level && slow.Has.HasFlag(Known.SlotOfDay)
        );
        ref readonly var scores = ref window.EwmaDeviations;
        row.Set(Feature.ZEwma5m, scores[0], scores.Has(0));
        row.Set(Feature.ZEwma1h, scores[1], scores.Has(1));
        row.Set(Feature.ZEwma1d, scores[2], scores.Has(2));
        row.Set(Feature.LogSpread5m1d, LogRatio(window.Exponential[0].Std, window.Exponential[2].Std), scores.Has(0) && scores.Has(2));
        row.Set(Feature.LogIqrRatio1h, LogRatio(slow.IqrRatio, 1), level);
        row.Set(Feature.Position1d, Position(value, slow.DayMin, slow.DayMax), slow.Has.HasFlag(Known.Day));
        row.Set(Feature.CusumUp, Math.Log(1 + (double)window.CusumUp), scores.Has(1));
        row.Set(Feature.CusumDown, Math.Log(1 + (double)window.CusumDown), scores.Has(1));
        row.Set(Feature.ZeroFraction, (double)slow.ZeroFraction, level);
        row.Set(Feature.FlatRun, (double)slow.FlatRun, level);
    }

    private static void Hour(ref FeatureRow row, SeriesWindow window, float value, double floor)
    {
        Span<double> buffer = stackalloc double[SeriesWindow.Capacity];
        var step = window.StepSeconds;
        var longSteps = SeriesWindow.StepsIn(TimeSpan.FromHours(1), step);
        var shortSteps = SeriesWindow.StepsIn(TimeSpan.FromMinutes(5), step);
        var newest = window.NewestIndex;
        var count = window.Fine.CopyPresent(Math.Max(newest - longSteps + 1, window.RunStart), newest, buffer);
        var recent = window.Fine.CountPresent(Math.Max(newest - shortSteps + 1, window.RunStart), newest);
        var hour = Moments.Of(buffer[..count]);
        var minutes = Moments.Of(buffer[(count - recent)..count]);
        var enough = 2 * count >= longSteps;
        var both = enough && 2 * recent >= shortSteps && recent >= 2;
        var scale = Math.Max(hour.Std, floor);
        row.Set(Feature.Position1h, Position(value, hour.Min, hour.Max), enough);
        row.Set(Feature.Mean5m, SeriesWindow.Ratio(minutes.Mean - hour.Mean, scale), both);
        row.Set(Feature.LogStd5m, LogRatio(minutes.Std, hour.Std), both);
        row.Set(Feature.Min5m, SeriesWindow.Ratio(minutes.Min - hour.Mean, scale), both);
        row.Set(Feature.Max5m, SeriesWindow.Ratio(minutes.Max - hour.Mean, scale), both);
        row.Set(Feature.MissingFraction, Math.Max(0, 1 - (double)count / longSteps), true);
    }

    private static void Lags(ref FeatureRow row, SeriesWindow window, float value, double floor)
    {
        ref readonly var slow = ref window.Slow;
        var level = slow.Has.HasFlag(Known.Level);
        var has1 = TryLag(window, 60, value, out var difference1);
        var has5 = TryLag(window, 300, value, out var difference5);
        var has15 = TryLag(window, 900, value, out var difference15);
        var has60 = TryLag(window, 3600, value, out var difference60);
        row.Set(Feature.Change1m, SeriesWindow.Ratio(difference1, slow.Change1), has1 && slow.Has.HasFlag(Known.Change1));
        row.Set(Feature.Change5m, SeriesWindow.Ratio(difference5, slow.Change5), has5 && slow.Has.HasFlag(Known.Change5));
        row.Set(Feature.Change15m, SeriesWindow.Ratio(difference15, slow.Change15), has15 && slow.Has.HasFlag(Known.Change15));
        row.Set(Feature.Lag1m, SeriesWindow.Ratio(difference1, slow.Scale), has1 && level);
        row.Set(Feature.Lag5m, SeriesWindow.Ratio(difference5, slow.Scale), has5 && level);
        row.Set(Feature.Lag1h, SeriesWindow.Ratio(difference60, slow.Scale), has60 && level);

        var slot = window.NewestTicks / CoarseRing.Slot.Ticks;
        var scale = Math.Max(window.Exponential[2].Std, floor);
        var known = window.Exponential[2].Mass >= SeriesWindow.MinimumMass;
        var hasDay = window.Coarse.TryGet(slot - CoarseRing.SlotsPerDay, out var dayAgo);
        var hasWeek = window.Coarse.TryGet(slot - 7 * CoarseRing.SlotsPerDay, out var weekAgo);
        row.Set(Feature.Lag1d, SeriesWindow.Ratio((double)value - dayAgo, scale), hasDay && known);
        row.Set(Feature.Lag7d, SeriesWindow.Ratio((double)value - weekAgo, scale), hasWeek && known);
    }

    private static bool TryLag(SeriesWindow window, double seconds, float value, out double difference)
    {
        var lag = SeriesWindow.LagSteps(seconds, window.StepSeconds);
        var index = window.NewestIndex - lag;
        var known = lag > 0 && index >= window.RunStart && window.Fine.Has(index);
        difference = known ? (double)value - window.Fine[index] : 0;
        return known;
    }

    private static void Rhythm(ref FeatureRow row, SeriesWindow window)
    {
        ref readonly var slow = ref window.Slow;
        var spectrum = slow.Has.HasFlag(Known.Spectrum);
        row.Set(Feature.Band0, (double)slow.Band0, spectrum);
        row.Set(Feature.Band1, (double)slow.Band1, spectrum);
        row.Set(Feature.Band2, (double)slow.Band2, spectrum);
        row.Set(Feature.Band3, (double)slow.Band3, spectrum);
        row.Set(Feature.Band4, (double)slow.Band4, spectrum);
        row.Set(Feature.SpectralEntropy, (double)slow.Entropy, spectrum);
        row.Set(Feature.DominantShare, (double)slow.DominantShare, spectrum);
        var correlation = slow.Has.HasFlag(Known.Correlation);
        row.Set(Feature.Acf1, (double)slow.Acf1, correlation);
        row.Set(Feature.Acf5, (double)slow.Acf5, correlation);
        row.Set(Feature.Acf60, (double)slow.Acf60, correlation);
    }

    private static void Clock(ref FeatureRow row, long ticks)
    {
        // Day 0 of the tick count is a Monday.
        var (daySin, dayCos) = Math.SinCos(2 * Math.PI * (ticks % TimeSpan.TicksPerDay) / TimeSpan.TicksPerDay);
        var (weekSin, weekCos) = Math.SinCos(2 * Math.PI * (ticks % (7 * TimeSpan.TicksPerDay)) / (7 * TimeSpan.TicksPerDay));
        row.Set(Feature.DaySin, daySin, true);
        row.Set(Feature.DayCos, dayCos, true);
        row.Set(Feature.WeekSin, weekSin, true);
        row.Set(Feature.WeekCos, weekCos, true);
    }

    /// <summary>ln(a / b), 0 when both are 0, the limit when one is.</summary>
    private static double LogRatio(double a, double b) =>
        a <= 0 && b <= 0 ? 0
        : a <= 0 ? double.NegativeInfinity
        : b <= 0 ? double.PositiveInfinity
        : Math.Log(a / b);

    private static double Position(double value, double min, double max) =>
        max > min ? (value - min) / (max - min)
        : value > max ? double.PositiveInfinity
        : value < min ? double.NegativeInfinity
        : 0.5;
}
