using System.Globalization;
using System.Text.Json;
using Dapr.Anomaly.Core.Forecasting.Seasonal;

namespace Dapr.Anomaly.Core.Tests.Forecasting.Seasonal;

/// <summary>A history read from the golden files.</summary>
internal sealed record SeasonalSeries(double[] Seconds, double[] Values)
{
    public static SeasonalSeries Csv(string path)
    {
        var rows = File.ReadLines(path).Skip(1).Select(l => l.Split(',')).Where(c => c.Length == 2).ToList();
        return new(
            [.. rows.Select(c => GoldenData.EpochSeconds(c[0]))],
            [.. rows.Select(c => double.TryParse(c[1], CultureInfo.InvariantCulture, out var y) ? y : double.NaN)]
        );
    }

    public static SeasonalSeries Peyton() => Csv(GoldenData.Small("Forecasting/Seasonal/Golden/example_wp_log_peyton_manning.csv"));

    public static SeasonalSeries Daily() => Csv(GoldenData.Small("Forecasting/Seasonal/Golden/data.csv"));

    public static SeasonalSeries Reference(JsonElement series)
    {
        if (!series.TryGetProperty("input", out var input))
            return Peyton();
        var start = GoldenData.EpochSeconds(input.GetProperty("start").GetString()!);
        var step = input.Number("step_seconds");
        var values = input.GetProperty("y").Numbers();
        var rows = input.GetProperty("row_index") is { ValueKind: JsonValueKind.Array } index
            ? index.Numbers()
            : [.. Enumerable.Range(0, values.Length).Select(i => (double)i)];
        return new([.. rows.Select(r => start + r * step)], values);
    }

    public static SeasonalOptions Options(JsonElement series)
    {
        var settings = series.GetProperty("settings");
        var holidays = series.TryGetProperty("holidays", out var days)
            ? days.EnumerateArray()
                .Select(h => new Holiday(
                    h.GetProperty("holiday").GetString()!,
                    DateOnly.Parse(h.GetProperty("ds").GetString()!, CultureInfo.InvariantCulture),
                    h.GetProperty("lower_window").GetInt32(),
                    h.GetProperty("upper_window").GetInt32()
                ))
                .ToArray()
            : [];
        return new()
        {
            Growth = settings.GetProperty("growth").GetString() == "logistic" ? SeasonalGrowth.Logistic : SeasonalGrowth.Linear,
            Mode =
                settings.GetProperty("seasonality_mode").GetString() == "multiplicative" ? SeasonalityMode.Multiplicative : SeasonalityMode.Additive,
            Cap = settings.GetProperty("cap").ValueKind == JsonValueKind.Null ? null : settings.Number("cap"),
            Holidays = holidays,
        };
    }

    public SeasonalSeries Take(int rows) => new(Seconds[..rows], Values[..rows]);

    public FittedSeasonal Fit(SeasonalOptions options) => SeasonalModel.Fit(Seconds, Values, options);
}
