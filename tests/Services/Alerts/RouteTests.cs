using System.Collections.Concurrent;
using System.Net.Http.Json;
using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Services.Tests.Alerts;

/// <summary>Receivers that refuse, fail, hang or want to be asked later, behind the real bindings of the embedded runtime.</summary>
public sealed class RouteTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<(string Route, string Body, DateTimeOffset At)> _arrived = [];
    private readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow().AddMinutes(-30);
    private volatile Func<string, string, HttpResponse, Task<int>> _answer = (_, _, _) => Task.FromResult(200);
    private WebApplication _receiver = null!;
    private TestDapr _dapr = null!;
    private DaprClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.MapPost("/{route}", ReceiveAsync);
        await _receiver.StartAsync();
        _dapr = await TestDapr.StartAsync(_folder.Path, new Uri(_receiver.Urls.First() + "/"));
        _client = await _dapr.ClientAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _dapr.DisposeAsync();
        await _receiver.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task Message_ThatIsRefusedForGood_IsParkedWithTheWords_AndTheRouteGoesOn(int status)
    {
        _answer = async (route, body, response) =>
        {
            if (route != "pagerduty" || !body.Contains("shop/bad", StringComparison.Ordinal) || body.Contains("resolve", StringComparison.Ordinal))
                return 202;
            response.StatusCode = status;
            await response.WriteAsync("dedup_key is too long");
            return status;
        };
        await StartAsync("slack,pagerduty");
        await PublishAsync(0, 4, "shop/bad");
        await PublishAsync(1, 4, "shop/one", "shop/two");

        await Eventually.TrueAsync(() => Count("pagerduty", "shop/one") == 1 && Count("pagerduty", "shop/two") == 1, "the others arrive");
        var parked = await Eventually.GetAsync(
            async () => (await ListAsync()).Pending.SingleOrDefault(p => p.Refused is not null),
            "the refusal is told"
        );
        Assert.Equal("pagerduty", parked.Route);
        Assert.Equal($"{status}: dedup_key is too long", parked.Refused);
        Assert.Equal(1, Count("slack", "shop/bad"));
        await PublishAsync(60 * 11, 0.1, "shop/bad", "shop/one", "shop/two");
        await Eventually.TrueAsync(() => Count("pagerduty", "resolve") == 3, "the end of each reaches the route, that of the refused one, too");
        Assert.Equal(2, Count("pagerduty", "shop/bad"));
        Assert.Contains("refuses incident", await File.ReadAllTextAsync(Path.Combine(_dapr.Data.Path, "logs", "alerts.log")));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Message_ThatFailsForNow_IsTriedAgain_AndHoldsUpNoOther(int status)
    {
        var fails = 2;
        _answer = (_, body, _) =>
            Task.FromResult(body.Contains("shop/bad", StringComparison.Ordinal) && Interlocked.Decrement(ref fails) >= 0 ? status : 200);
        await StartAsync("slack");
        await PublishAsync(0, 4, "shop/bad");
        await PublishAsync(1, 4, "shop/one");
        await Eventually.TrueAsync(() => Count("slack", "shop/one") == 1 && Count("slack", "shop/bad") == 3, "both arrive");
        await Eventually.TrueAsync(async () => (await ListAsync()).Pending.Count == 0, "nothing waits");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RetryAfter_OfTheReceiver_IsKept(bool asDate)
    {
        var first = 1;
        _answer = (_, _, response) =>
        {
            if (Interlocked.Exchange(ref first, 0) == 0)
                return Task.FromResult(200);
            response.Headers.RetryAfter = asDate ? TimeProvider.System.GetUtcNow().AddSeconds(4.9).ToString("R", null) : "4";
            return Task.FromResult(429);
        };
        await StartAsync("slack");
        await PublishAsync(0, 4, "shop/one");
        await Eventually.TrueAsync(() => Count("slack", "") == 2, "the message arrives");
        var times = _arrived.Select(a => a.At).ToArray();
        Assert.True(times[1] - times[0] >= TimeSpan.FromSeconds(3.5), $"asked again after {times[1] - times[0]}");
    }

    [Fact]
    public async Task Route_ThatHangs_DelaysNoOther()
    {
        TaskCompletionSource answer = new();
        _answer = async (route, _, response) =>
        {
            if (route == "slack")
                await answer.Task.WaitAsync(response.HttpContext.RequestAborted);
            return 200;
        };
        await StartAsync("slack,pagerduty");
        await PublishAsync(0, 4, "shop/one", "shop/two", "shop/three");
        await Eventually.TrueAsync(() => Count("pagerduty", "") == 3, "the other route has all");
        Assert.Equal(1, Count("slack", ""));
        answer.SetResult();
        await Eventually.TrueAsync(() => Count("slack", "") == 3, "the slow one gets them, too");
    }

    [Fact]
    public async Task Batch_OfTheFuture_IsPutAside_AndAlertingGoesOn()
    {
        var dead = await Listener<DeadLetterV1>.StartAsync(_dapr, Topics.DeadLetters);
        await StartAsync("slack");
        foreach (var at in (DateTimeOffset[])[new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero)])
            await _client.PublishEventAsync(Topics.PubSub, Topics.Anomalies, TestAnomalies.Batch(at, 4, 0, "shop/future"));
        await Eventually.TrueAsync(() => dead.Heard.Count == 2, "both are put aside");
        Assert.All(dead.Heard, d => Assert.Contains("is a clock wrong?", d.Reason));

        await PublishAsync(0, 4, "shop/one");
        await Eventually.TrueAsync(() => Count("slack", "shop/one") == 1, "what is of today opens an incident");
        Assert.Equal(0, Count("slack", "shop/future"));
    }

    [Fact]
    public async Task Outage_OfTheWholeCluster_IsRecordedAndToldWorkloadByWorkload()
    {
        string[] workloads = [.. Enumerable.Range(0, 200).Select(i => $"shop/workload-{i:000}")];
        _answer = (route, _, _) => Task.FromResult(route == "alertmanager" && Random.Shared.Next(10) == 0 ? 503 : 200);
        await StartAsync("slack,pagerduty,alertmanager");
        for (var at = 0; at < 60; at += 15)
            await PublishAsync(at, 4, workloads);

        await Eventually.TrueAsync(async () => await ListAsync() is { Open: 200, Pending.Count: 0 }, "all are open and told", 120);
        foreach (var route in (string[])["slack", "pagerduty", "alertmanager"])
            Assert.All(workloads, w => Assert.True(Count(route, w) >= 1, $"{route} was not told of {w}"));
        Assert.All(workloads, w => Assert.Equal(1, Count("slack", w)));
        Assert.Equal(200, (await ListAsync()).Incidents.Select(i => i.Workload).Distinct().Count());
    }

    /// <summary>About 133 open incidents were the limit once.</summary>
    [Fact]
    public async Task TenThousandOpenIncidents_AreKept_AlsoOverARestart()
    {
        const int Parts = 20;
        string[][] parts = [.. Enumerable.Range(0, 10_000).Select(i => $"shop/workload-{i:00000}").Chunk(10_000 / Parts)];
        var (app, sidecar) = await _dapr.AddAsync(Apps.Alerts, AlertsHost.Build, "--ANOMALY_ROUTES=");
        for (var part = 0; part < Parts; part++)
            await _client.PublishEventAsync(Topics.PubSub, Topics.Anomalies, TestAnomalies.Batch(_start, 4, part, parts[part]));
        await Eventually.TrueAsync(async () => (await ListAsync()).Open == 10_000, "all are open", 120);

        await _dapr.StopAsync(app, sidecar);
        await _dapr.AddAsync(Apps.Alerts, AlertsHost.Build, "--ANOMALY_ROUTES=");
        await Eventually.TrueAsync(async () => (await ListAsync()).Open == 10_000, "all are open after a restart", 60);
        for (var part = 0; part < Parts; part++)
            await _client.PublishEventAsync(Topics.PubSub, Topics.Anomalies, TestAnomalies.Batch(_start.AddMinutes(11), 0.1, part, parts[part]));
        await Eventually.TrueAsync(async () => (await ListAsync()).Open == 0, "all are over", 120);
    }

    private async Task<IResult> ReceiveAsync(string route, HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        _arrived.Enqueue((route, body, TimeProvider.System.GetUtcNow()));
        var status = await _answer(route, body, context.Response);
        return context.Response.HasStarted ? Results.Empty : Results.StatusCode(status);
    }

    private int Count(string route, string words) => _arrived.Count(a => a.Route == route && a.Body.Contains(words, StringComparison.Ordinal));

    private Task StartAsync(string routes) =>
        _dapr.AddAsync(Apps.Alerts, AlertsHost.Build, $"--ANOMALY_ROUTES={routes}", "--ANOMALY_BUDGET=10000/day");

    private Task PublishAsync(int seconds, double score, params string[] workloads) =>
        _client.PublishEventAsync(Topics.PubSub, Topics.Anomalies, TestAnomalies.Batch(_start.AddSeconds(seconds), score, 0, workloads));

    private async Task<IncidentListV1> ListAsync() =>
        (await _client.CreateInvokableHttpClient(Apps.Alerts).GetFromJsonAsync<IncidentListV1>("v1/incidents", MessageJson.Options))!;
}
