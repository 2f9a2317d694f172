using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Cli.Tests.Up;

public sealed class HealthWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<PartChange> _told = new();
    private volatile Func<string, HttpResponseMessage> _answer = _ => new(HttpStatusCode.NoContent);

    [Fact]
    public async Task Loop_ThatIsDown_IsToldOnceForEachReason_AndOnceWhenItWorks()
    {
        using var stop = new CancellationTokenSource();
        var looks = 0;
        var watch = new HealthWatch(
            (app, path, _) =>
            {
                Assert.Equal("healthz", path);
                Interlocked.Increment(ref looks);
                return Task.FromResult(_answer(app));
            },
            _told.Enqueue,
            _time
        );
        var following = watch.FollowAsync(stop.Token);
        _answer = app => app == Apps.Collector ? Down("Prometheus is odd") : new(HttpStatusCode.NoContent);
        await LookAgainAsync();
        await LookAgainAsync();
        _answer = app => app == Apps.Collector ? Down("the disk is full") : throw new HttpRequestException("away");
        await LookAgainAsync();
        _answer = _ => new(HttpStatusCode.NoContent);
        await LookAgainAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);

        Assert.Equal(
            [
                new(Apps.Collector, false, "loop collection fails: Prometheus is odd; it is tried again"),
                new(Apps.Collector, false, "loop collection fails: the disk is full; it is tried again"),
                new(Apps.Collector, true, "loop collection works again"),
            ],
            _told
        );

        async Task LookAgainAsync()
        {
            var before = Volatile.Read(ref looks);
            while (Volatile.Read(ref looks) < before + Apps.All.Count)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        }
    }

    private static HttpResponseMessage Down(string reason) =>
        new(HttpStatusCode.ServiceUnavailable)
        {
            Content = JsonContent.Create(new HealthV1([new("collection", DateTimeOffset.UnixEpoch, reason)]), options: MessageJson.Options),
        };
}
