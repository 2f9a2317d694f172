using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.App;

public sealed class AppChannelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task AppMaxConcurrency_InvocationsAndEvents_AreNeverMoreAtOnce(int limit)
    {
        const int calls = 12;
        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = """[{"pubsubname":"p","topic":"t","route":"/t"}]""";
        await using var sidecar = await StartAsync(
            [Component("p", "pubsub.in-memory")],
            Token,
            options => options with { AppPort = app.Port, AppMaxConcurrency = limit }
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        var (inside, most, left) = (0, 0, 0);
        using var doors = new SemaphoreSlim(0);
        app.Hold = async _ =>
        {
            var now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            await doors.WaitAsync(Token);
            Interlocked.Decrement(ref inside);
            Interlocked.Increment(ref left);
        };
        using var client = sidecar.Client();
        var invocations = Enumerable.Range(0, calls).Select(_ => sidecar.Http.GetAsync($"/v1.0/invoke/{AppId}/method/m", Token)).ToList();
        for (var i = 0; i < calls; i++)
            await client.PublishEventAsync("p", "t", new { i }, Token);

        for (var done = 0; done < 2 * calls; done++)
        {
            // While there are invocations the app is full again before the next call may leave; events of one topic come one by one.
            var full = done <= calls - limit ? limit : 1;
            await Eventually.TrueAsync(
                () => Task.FromResult(Volatile.Read(ref inside) >= full),
                $"{full} calls are with the app after {done}",
                Token
            );
            doors.Release();
            await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref left) > done), "a call left", Token);
        }
        foreach (var invocation in invocations)
            (await invocation).EnsureSuccessStatusCode().Dispose();
        Assert.Equal(limit, most);
    }

    [Fact]
    public async Task Start_AppHangsOnItsConfiguration_IsSubscribedAllTheSame()
    {
        var clock = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = """[{"pubsubname":"p","topic":"t","route":"/t"}]""";
        var never = new TaskCompletionSource();
        app.Hold = seen => seen.Path == "/dapr/config" ? never.Task : Task.CompletedTask;
        await using var sidecar = await StartAsync(
            [Component("p", "pubsub.in-memory")],
            Token,
            options => options with { AppPort = app.Port },
            clock
        );
        await app.WaitAsync(seen => seen.Path == "/dapr/config", 1, Token);
        Assert.False(sidecar.Sidecar.ReadyAsync(Token).IsCompleted);
        await ReadyByAsync(sidecar, clock);

        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", new { n = 1 }, Token);
        await app.WaitAsync(seen => seen.Path == "/t", 1, Token);
        never.SetResult();
    }

    [Fact]
    public async Task Start_AppHangsOnItsSubscriptions_DeclaredOnesAreServed()
    {
        var clock = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(Token);
        var never = new TaskCompletionSource();
        app.HoldSubscriptions = () => never.Task;
        await using var sidecar = await StartAsync(
            [
                Component("p", "pubsub.in-memory"),
                """
                apiVersion: dapr.io/v2alpha1
                kind: Subscription
                metadata:
                  name: declared
                spec:
                  pubsubname: p
                  topic: t
                  routes: {default: /t}
                """,
            ],
            Token,
            options => options with { AppPort = app.Port },
            clock
        );
        await ReadyByAsync(sidecar, clock);

        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", new { n = 1 }, Token);
        await app.WaitAsync(seen => seen.Path == "/t", 1, Token);
        never.SetResult();
    }

    private static Task ReadyByAsync(TestSidecar sidecar, FakeTimeProvider clock) =>
        Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(5));
                return Task.FromResult(sidecar.Sidecar.ReadyAsync(Token).IsCompletedSuccessfully);
            },
            "the sidecar is ready",
            Token
        );

    private static void InterlockedMax(ref int most, int candidate)
    {
        for (var seen = Volatile.Read(ref most); candidate > seen; )
        {
            var before = Interlocked.CompareExchange(ref most, candidate, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
