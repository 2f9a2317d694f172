using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>What is evaluated: the product, the floors that a detector has to beat, and the controls that must fall to them.</summary>
internal static class Methods
{
    public const string Product = "product";

    public const string Random = "random";

    /// <summary>The product's scores against the labels half a series later.</summary>
    public const string Shifted = "shifted";

    /// <summary>The product's scores against the same events at other places.</summary>
    public const string Shuffled = "shuffled";

    /// <summary>Detectors that know nothing or little, by the names of the report; <c>_max</c> takes the largest channel, not their mean.</summary>
    public static readonly IReadOnlyDictionary<string, Func<ulong, IStreamingDetector>> Floors = new Dictionary<
        string,
        Func<ulong, IStreamingDetector>
    >
    {
        [Random] = seed => new RandomDetector(seed),
        ["ramp"] = _ => new RampDetector(),
        ["zscore"] = _ => new ZScoreDetector(ChannelJoin.Mean),
        ["held_zscore"] = _ => new ZScoreDetector(ChannelJoin.Mean, ZScoreDetector.Hold),
        ["zscore_max"] = _ => new ZScoreDetector(ChannelJoin.Max),
        ["held_zscore_max"] = _ => new ZScoreDetector(ChannelJoin.Max, ZScoreDetector.Hold),
    };

    /// <summary>What has scores of its own.</summary>
    public static readonly IReadOnlyList<string> Detectors = [Product, .. Floors.Keys];

    public static readonly IReadOnlyList<string> All = [.. Detectors, Shifted, Shuffled];
}
