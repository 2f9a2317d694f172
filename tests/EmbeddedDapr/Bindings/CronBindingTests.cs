using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Bindings;

public sealed class CronBindingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cron_EveryTick_IsPostedToItsRouteWithTheTimeInTheHeader()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var app = await TestApp.StartAsync(Token);
        await using var sidecar = await StartAsync(
            [Component("tick", "bindings.cron", ("schedule", "@every 30s"), ("route", "/on-tick"), ("direction", "input"))],
            Token,
            options => options with { AppPort = app.Port },
            clock
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        for (var i = 1; i <= 3; i++)
        {
            await AdvanceUntilAsync(app, clock, i);
            Assert.Equal(i, app.Seen.Count(one => one.Path == "/on-tick"));
        }
        var seen = app.Seen.First(one => one.Path == "/on-tick");
        Assert.Equal(("POST", "Local"), (seen.Method, seen.Headers["timeZone"].ToString()));
        Assert.Matches(@"^2026-01-01 00:\d\d:[03]0\.0000000 \+0000 UTC$", seen.Headers["readTimeUTC"].ToString());
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(405, true)]
    [InlineData(404, false)]
    [InlineData(500, false)]
    public async Task Cron_WithoutDirection_AsksTheAppWithOptions(int status, bool wanted)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = seen => (seen.Method == "OPTIONS" ? status : 200, "");
        await using var sidecar = await StartAsync(
            [
                Component("asked", "bindings.cron", ("schedule", "@every 1s")),
                Component("sure", "bindings.cron", ("schedule", "@every 1s"), ("direction", "input")),
            ],
            Token,
            options => options with { AppPort = app.Port },
            clock
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(app.Seen.Count(one => one is { Method: "POST", Path: "/sure" }) >= 3);
            },
            "the binding that was not asked about ticks",
            Token
        );
        Assert.Equal(wanted, app.Seen.Any(one => one is { Method: "POST", Path: "/asked" }));
    }

    private static Task AdvanceUntilAsync(TestApp app, FakeTimeProvider clock, int count) =>
        Eventually.TrueAsync(
            async () =>
            {
                if (app.Seen.Count(one => one.Path == "/on-tick") >= count)
                    return true;
                clock.Advance(TimeSpan.FromSeconds(30));
                var wait = TimeProvider.System.GetTimestamp();
                while (TimeProvider.System.GetElapsedTime(wait) < TimeSpan.FromSeconds(2) && app.Seen.Count(one => one.Path == "/on-tick") < count)
                    await Task.Delay(5, Token);
                return app.Seen.Count(one => one.Path == "/on-tick") >= count;
            },
            "the tick arrives",
            Token
        );
}
