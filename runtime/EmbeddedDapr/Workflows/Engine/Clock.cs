using Google.Protobuf.WellKnownTypes;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>Times of the protocol and of .NET.</summary>
internal static class Clock
{
    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private static readonly long FirstSecond = DateTimeOffset.MinValue.ToUnixTimeSeconds();

    /// <summary>The time, rounded up to 100 ns so that nothing is early; what lies outside of the calendar is its end.</summary>
    public static DateTimeOffset ToTime(Timestamp at)
    {
        if (at.Seconds >= LastSecond)
            return DateTimeOffset.MaxValue;
        return at.Seconds < FirstSecond
            ? DateTimeOffset.MinValue
            : DateTimeOffset.FromUnixTimeSeconds(at.Seconds).AddTicks((Math.Clamp(at.Nanos, 0, 999_999_999) + 99) / 100);
    }

    public static Timestamp ToTimestamp(DateTimeOffset at) => Timestamp.FromDateTimeOffset(at);
}
