namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Reads <c>series:</c>, how many series are remembered, and how long.</summary>
internal static class SeriesSection
{
    public static SeriesLimits Read(YamlSection root)
    {
        var series = root.Section("series");
        var otherwise = SeriesLimits.Default;
        var limits = new SeriesLimits(
            (int)series.Number("max_per_shard", otherwise.MaxPerShard, 1, SeriesLimits.MostPerShard),
            (long)series.Number("max_memory_bytes", otherwise.MaxMemoryBytes, 16_384, 1L << 40),
            (int)series.Number("max_labels", otherwise.MaxLabels, 1, 1_000),
            (int)series.Number("max_label_length", otherwise.MaxLabelLength, 1, 65_536),
            series.Duration("keep_ended", otherwise.KeepEnded, TimeSpan.FromMinutes(1), TimeSpan.FromDays(28))
        );
        series.RefuseUnknown();
        return limits;
    }
}
