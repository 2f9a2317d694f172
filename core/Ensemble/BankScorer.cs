using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// How far the newest window of a series is from the windows of its bank. What is compared is what the season leaves: without a season the value
/// itself, with one the deviations from what the season expects now. Safe for concurrent use.
/// </summary>
internal sealed class BankScorer(IReadOnlyList<SeriesBank> banks)
{
    /// <summary>A window with more missing samples than this is not compared.</summary>
    private const int MaxMissing = 4;

    private readonly Dictionary<SeriesId, SeriesBank> _banks = banks.ToDictionary(b => b.Series);

    /// <summary>0 or more, in scales of the series; NaN where the series has no bank or the window lacks samples.</summary>
    /// <param name="season">Expectation of the season for this row; NaN where there is none.</param>
    public double Score(in ScoreRow row, SeasonalExpectation season)
    {
        if (!_banks.TryGetValue(row.Id, out var own) || row.Recent.Length < own.Bank.Length - 1)
            return double.NaN;
        Span<float> window = stackalloc float[own.Bank.Length];
        var scale = double.IsFinite(season.Expected) ? own.Scale.Around(season.Expected, season.Deviation) : own.Scale;
        if (!TryFill(row.Recent.Span[^(window.Length - 1)..], row.Value, scale, window))
            return double.NaN;
        return own.Bank.Score(window);
    }

    /// <summary>Distance of a window that stays at one level, in deviations from the season.</summary>
    /// <exception cref="KeyNotFoundException">The series has no bank.</exception>
    public double ScoreLevel(SeriesId series, double level)
    {
        var own = _banks[series];
        Span<float> window = stackalloc float[own.Bank.Length];
        window.Fill(own.Scale.Apply(level));
        return own.Bank.Score(window);
    }

    /// <summary>Scales the window; a missing sample is taken to be as its neighbour after it.</summary>
    private static bool TryFill(ReadOnlySpan<float> recent, double value, BankScale scale, Span<float> window)
    {
        window[^1] = scale.Apply(value);
        var missing = 0;
        for (var i = recent.Length - 1; i >= 0; i--)
            if (float.IsFinite(recent[i]))
                window[i] = scale.Apply(recent[i]);
            else if (++missing > MaxMissing)
                return false;
            else
                window[i] = window[i + 1];
        return true;
    }
}
