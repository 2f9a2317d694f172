using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Dapr.Anomaly.Core.Features;

/// <summary>
/// The ordered features of <see cref="FeatureExtractor"/>. Its hash is written into every model; a model with another hash refuses to load.
/// </summary>
public sealed class FeatureSchema
{
    /// <summary>To be raised when a feature is computed differently under the same name and unit.</summary>
    private const int Revision = 1;

    private const string Half = "fewer than half of the expected samples";
    private const string NoLag = "no sample at the lag";
    private const string NoHistory = "fewer than half of the 15-minute means";

    private readonly Dictionary<string, int> _index;

    private FeatureSchema(params FeatureDefinition[] features)
    {
        Features = features;
        Names = [.. features.Select(f => f.Name)];
        _index = Names.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i, StringComparer.Ordinal);
        var lines = string.Join(
            '\n',
            features.Select(f =>
                string.Create(CultureInfo.InvariantCulture, $"{f.Name}|{f.Unit}|{f.Neutral:R}|{f.Minimum:R}|{f.Maximum:R}|{f.Missing}")
            )
        );
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"revision {Revision}\n{lines}")));
    }

    /// <summary>The schema of this build.</summary>
    public static FeatureSchema Current { get; } =
        new(
            Sigma("z_robust_1h", Half, "distance from the median of the last hour, in robust standard deviations"),
            Sigma(
                "z_slot_of_day",
                "fewer than 6 means of the same time of day in 7 days",
                "distance from what the same time of day showed in the last 7 days"
            ),
            Sigma("z_ewma_5m", Half, "distance from the average of the last minutes (half-life 5 min)"),
            Sigma("z_ewma_1h", Half, "distance from the average of the last hours (half-life 1 h)"),
            Sigma("z_ewma_1d", Half, "distance from the average of the last days (half-life 1 d)"),
            Ln("log_spread_5m_1d", Half, "spread of the last minutes against that of the last days"),
            Ln("log_iqr_ratio_1h", Half, "middle half against the whole spread: below 0 means heavy tails"),
            new("position_1h", "share", 0.5f, 0, 1, Half, "place between the lowest and highest value of the last hour"),
            new("position_1d", "share", 0.5f, -1, 2, NoHistory, "place between the lowest and highest 15-minute mean of the last day"),
            Sigma("change_1m", NoLag, "change over 1 minute, against its usual size"),
            Sigma("change_5m", NoLag, "change over 5 minutes, against its usual size"),
            Sigma("change_15m", NoLag, "change over 15 minutes, against its usual size"),
            new("cusum_up", "ln", 0, 0, 5, Half, "how long and how far the values stayed above their average"),
            new("cusum_down", "ln", 0, 0, 5, Half, "how long and how far the values stayed below their average"),
            Sigma("lag_1m", NoLag, "difference to 1 minute ago, in spreads of the last hour"),
            Sigma("lag_5m", NoLag, "difference to 5 minutes ago, in spreads of the last hour"),
            Sigma("lag_1h", NoLag, "difference to 1 hour ago, in spreads of the last hour"),
            Sigma("lag_1d", NoLag, "difference to the same time yesterday, in spreads of the last days"),
            Sigma("lag_7d", NoLag, "difference to the same time a week ago, in spreads of the last days"),
            Sigma("mean_5m", Half, "mean of 5 minutes against that of the hour, in its standard deviations"),
            Ln("log_std_5m", Half, "standard deviation of 5 minutes against that of the hour"),
            Sigma("min_5m", Half, "minimum of 5 minutes against the mean of the hour, in its standard deviations"),
            Sigma("max_5m", Half, "maximum of 5 minutes against the mean of the hour, in its standard deviations"),
            Share("band_0", 0.2f, "power of periods above 72 steps"),
            Share("band_1", 0.2f, "power of periods from 29 to 72 steps"),
            Share("band_2", 0.2f, "power of periods from 12.5 to 29 steps"),
            Share("band_3", 0.2f, "power of periods from 5 to 12.5 steps"),
            Share("band_4", 0.2f, "power of periods below 5 steps"),
            Share("spectral_entropy", 0.75f, "how evenly power is spread: 0 one period, 1 noise"),
            Share("dominant_share", 0.1f, "power of the strongest period"),
            Correlation("acf_1", "correlation with the step before"),
            Correlation("acf_5", "correlation with 5 steps before"),
            Correlation("acf_60", "correlation with 60 steps before"),
            new("zero_fraction", "share", 0, 0, 1, Half, "share of zeros in the last hour"),
            new("flat_run", "share", 0, 0, 1, Half, "longest run of equal values in the last hour"),
            Phase("day_sin", "time of day (UTC)"),
            Phase("day_cos", "time of day (UTC)"),
            Phase("week_sin", "time of week (UTC, from Monday)"),
            Phase("week_cos", "time of week (UTC, from Monday)"),
            new("missing_fraction", "share", 0, 0, 1, "never", "share of missing samples in the last hour")
        );

    public IReadOnlyList<FeatureDefinition> Features { get; }

    public IReadOnlyList<string> Names { get; }

    public int Count => Features.Count;

    /// <summary>SHA-256 of the revision and the ordered list (name, unit, neutral value, bounds, missing rule), 64 hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>Column of a feature, or −1.</summary>
    public int IndexOf(string name) => _index.GetValueOrDefault(name, -1);

    private static FeatureDefinition Sigma(string name, string missing, string meaning) => new(name, "sigma", 0, -10, 10, missing, meaning);

    private static FeatureDefinition Ln(string name, string missing, string meaning) => new(name, "ln", 0, -5, 5, missing, meaning);

    private static FeatureDefinition Share(string name, float neutral, string meaning) =>
        new(name, "share", neutral, 0, 1, "fewer than 120 steps without a hole above 3", meaning);

    private static FeatureDefinition Correlation(string name, string meaning) =>
        new(name, "correlation", 0, -1, 1, "fewer than 120 steps without a hole above 3", meaning);

    private static FeatureDefinition Phase(string name, string meaning) => new(name, "phase", 0, -1, 1, "never", meaning);
}
