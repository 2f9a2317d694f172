namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>How much of the world is remembered. What a limit refuses is counted and told; the series that are known go on.</summary>
/// <param name="MaxPerShard">Series of a shard. Default 50,000.</param>
/// <param name="MaxMemoryBytes">Memory that the series of a shard may take, estimated: about 5 KB each, and their labels. Default 512 MiB.</param>
/// <param name="MaxLabels">Labels of a series. Default 64.</param>
/// <param name="MaxLabelLength">Characters of a label's name or value, of a query's name and of a unit. Default 1,024.</param>
/// <param name="KeepEnded">How long a series without a new sample is remembered. Default 24 h.</param>
public sealed record SeriesLimits(int MaxPerShard, long MaxMemoryBytes, int MaxLabels, int MaxLabelLength, TimeSpan KeepEnded)
{
    /// <summary>A checkpoint of so many windows is 1 GB before it is compressed; more than that belongs into several shards.</summary>
    public const int MostPerShard = 250_000;

    public static readonly SeriesLimits Default = new(50_000, 512L << 20, 64, 1_024, TimeSpan.FromHours(24));
}
