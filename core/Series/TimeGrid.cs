namespace Dapr.Anomaly.Core.Series;

/// <summary>The grid of collections: whole multiples of a step since the epoch, the same for everybody.</summary>
public static class TimeGrid
{
    /// <summary>The longest step that a detector can work with: windows keep means of quarters of an hour, which a longer step could not
    /// fill.</summary>
    public static readonly TimeSpan MaxStep = TimeSpan.FromMinutes(15);

    /// <summary>The last point of the grid at or before <paramref name="instant"/>.</summary>
    public static DateTimeOffset Floor(DateTimeOffset instant, TimeSpan step) =>
        new(instant.UtcTicks - (instant.UtcTicks % step.Ticks), TimeSpan.Zero);
}
