using Dapr.Embedded.Bindings;
using Dapr.Embedded.Resources;

namespace EmbeddedDapr.Tests.Bindings;

public sealed class CronScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 7, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("CRON_TZ=UTC */15 * * * *", "2026-03-01T10:15:00Z")]
    [InlineData("CRON_TZ=UTC 10 */15 * * * *", "2026-03-01T10:15:10Z")]
    [InlineData("CRON_TZ=UTC @hourly", "2026-03-01T11:00:00Z")]
    [InlineData("TZ=Asia/Tokyo 0 0 * * *", "2026-03-01T15:00:00Z")]
    [InlineData("@every 1h30m", "2026-03-01T11:37:30Z")]
    [InlineData("@every 2.9s", "2026-03-01T10:07:32Z")]
    public void Next_EveryForm_IsTheFirstTimeAfterNow(string schedule, string expected) =>
        Assert.Equal(
            DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
            CronSchedule.Parse(schedule).Next(Now)?.ToUniversalTime()
        );

    [Theory]
    [InlineData("")]
    [InlineData("@every")]
    [InlineData("@every soon")]
    [InlineData("@every -1s")]
    [InlineData("61 * * * *")]
    [InlineData("* * * * * * *")]
    [InlineData("CRON_TZ=Nowhere/City * * * * *")]
    public void Parse_NoSchedule_SaysWhatWouldBeRight(string text) =>
        Assert.Contains("expected five or six cron fields", Assert.Throws<ResourceException>(() => CronSchedule.Parse(text)).Message);
}
