using System.Globalization;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.PubSub.Events;

/// <summary>What the metadata of a publish request says about the event; key case does not matter.</summary>
/// <param name="RawPayload">The body goes to the broker as it is.</param>
/// <param name="TimeToLive">Positive, or null.</param>
/// <param name="Overrides">Values of <c>cloudevent.*</c>, keyed by the lower-case name after the dot.</param>
internal sealed record PublishMetadata(bool RawPayload, TimeSpan? TimeToLive, IReadOnlyDictionary<string, string> Overrides)
{
    private const string OverridePrefix = "cloudevent.";
    private static readonly IReadOnlyDictionary<string, string> NoOverrides = new Dictionary<string, string>();
    private static readonly PublishMetadata Plain = new(false, null, NoOverrides);

    /// <exception cref="FormatException"><c>rawPayload</c> is no bool; the message is daprd's.</exception>
    public static PublishMetadata Read(IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
            return Plain;
        var raw = false;
        TimeSpan? timeToLive = null;
        Dictionary<string, string>? overrides = null;
        foreach (var (key, value) in metadata)
        {
            if (key.Equals("rawPayload", StringComparison.OrdinalIgnoreCase))
                raw = ReadRawPayload(value);
            else if (key.Equals("ttlInSeconds", StringComparison.OrdinalIgnoreCase))
                timeToLive = ReadTimeToLive(value);
            else if (key.StartsWith(OverridePrefix, StringComparison.OrdinalIgnoreCase))
                (overrides ??= []).TryAdd(key[OverridePrefix.Length..].ToLowerInvariant(), value);
        }
        return new PublishMetadata(raw, timeToLive, overrides ?? NoOverrides);
    }

    /// <summary>Go's booleans: 1, t, true and their opposites; empty is false.</summary>
    public static bool ReadRawPayload(string value) =>
        value switch
        {
            "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
            "" or "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
            _ => throw new FormatException($"rawPayload value must be a valid boolean: actual is '{value}'"),
        };

    /// <summary>Seconds as an integer, or a Go duration; text that is neither, zero and negatives mean no limit.</summary>
    private static TimeSpan? ReadTimeToLive(string value)
    {
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return seconds is > 0 and < 1L << 32 ? TimeSpan.FromSeconds(seconds) : null;
        return GoDuration.TryParse(value, out var duration) && duration > TimeSpan.Zero ? duration : null;
    }
}
