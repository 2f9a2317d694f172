namespace Dapr.Anomaly.Core.Series;

/// <summary>The grid of collections: whole multiples of a step since the epoch, the same for everybody.</summary>
public static class TimeGrid
{
    /// <summary>The shortest step: what travels has whole milliseconds.</summary>
    public static readonly TimeSpan MinStep = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest step that a detector can work with: windows keep means of quarters of an hour, which a longer step could not
    /// fill.</summary>
    public static readonly TimeSpan MaxStep = TimeSpan.FromMinutes(15);

    /// <summary>No sample is older: what claims to be is no time of this product.</summary>
    public static readonly DateTimeOffset FirstTime = DateTimeOffset.UnixEpoch;

    /// <summary>No sample is as new as this, whatever the clock says; it leaves room for every sum of times.</summary>
    public static readonly DateTimeOffset EndOfTime = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far a sample may lie ahead of the reader's clock, in steps: clocks differ a little, and a grid is rounded.</summary>
    public const int StepsAhead = 2;

    public static bool IsTime(DateTimeOffset instant) => instant >= FirstTime && instant < EndOfTime;

    /// <summary>The newest time that a sample can have now; what is newer is refused.</summary>
    public static DateTimeOffset NewestAt(DateTimeOffset now, TimeSpan step) => now + (StepsAhead * step);

    /// <summary>The last point of the grid at or before <paramref name="instant"/>.</summary>
    public static DateTimeOffset Floor(DateTimeOffset instant, TimeSpan step) =>
        new(instant.UtcTicks - (instant.UtcTicks % step.Ticks), TimeSpan.Zero);
}
