using Cronos;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Bindings;

/// <summary>
/// When a cron binding fires: five fields, six with leading seconds, macros such as @hourly, or @every with a Go duration; "CRON_TZ=zone " in front
/// names a time zone.
/// </summary>
internal sealed class CronSchedule
{
    private readonly CronExpression? expression;
    private readonly TimeSpan every;
    private readonly TimeZoneInfo zone;

    private CronSchedule(CronExpression? expression, TimeSpan every, TimeZoneInfo zone) =>
        (this.expression, this.every, this.zone) = (expression, every, zone);

    /// <exception cref="ResourceException">The text is no schedule.</exception>
    public static CronSchedule Parse(string text)
    {
        var zone = TimeZoneInfo.Local;
        var rest = text.Trim();
        if (rest.StartsWith("CRON_TZ=", StringComparison.Ordinal) || rest.StartsWith("TZ=", StringComparison.Ordinal))
        {
            var space = rest.IndexOf(' ', StringComparison.Ordinal);
            var name = rest[(rest.IndexOf('=', StringComparison.Ordinal) + 1)..(space < 0 ? rest.Length : space)];
            if (space < 0 || !TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone))
                throw Wrong(text);
            rest = rest[space..].Trim();
        }
        if (rest.StartsWith("@every ", StringComparison.Ordinal))
        {
            if (!GoDuration.TryParse(rest[7..], out var every) || every < TimeSpan.FromMilliseconds(1))
                throw Wrong(text);
            // robfig's scheduler knows no fractions of a second.
            return new CronSchedule(
                null,
                every < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(Math.Floor(every.TotalSeconds)),
                zone
            );
        }
        try
        {
            var seconds = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
            return new CronSchedule(CronExpression.Parse(rest, seconds ? CronFormat.IncludeSeconds : CronFormat.Standard), default, zone);
        }
        catch (CronFormatException)
        {
            throw Wrong(text);
        }
    }

    /// <summary>The first time after <paramref name="now"/>; null when the schedule has an end.</summary>
    public DateTimeOffset? Next(DateTimeOffset now) => expression is null ? now + every : expression.GetNextOccurrence(now, zone);

    private static ResourceException Wrong(string text) =>
        new($"metadata schedule is \"{text}\", expected five or six cron fields, a macro such as @hourly, or @every 1h30m");
}
