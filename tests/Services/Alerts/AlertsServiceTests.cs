using System.Collections.Concurrent;
using System.Net.Http.Json;
using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;

namespace Dapr.Anomaly.Services.Tests.Alerts;

/// <summary>The alerts service on embedded Dapr, with a real receiver behind the real HTTP bindings.</summary>
public sealed class AlertsServiceTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Settings = ["--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9", "--ANOMALY_ROUTES=slack,pagerduty"];

    private static readonly string[] QuietSettings = ["--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9", "--ANOMALY_ROUTES="];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Anomalies_OfSiblings_ReachSlackAndPagerDutyOnce()
    {
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var dapr = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, Settings);
        using var client = await dapr.ClientAsync();

        await PublishAsync(client, Start, 4);
        await PublishAsync(client, Start, 4);
        await PublishAsync(client, Start.AddSeconds(15), 5);

        await Eventually.TrueAsync(() => receiver.Messages.Count >= 2, "a message at Slack and at PagerDuty");
        await Eventually.TrueAsync(async () => (await ListAsync(client)).Pending.Count == 0, "nothing waits");
        var later = await ListAsync(client);
        Assert.Equal(["pagerduty", "slack"], receiver.Messages.Select(m => m.Receiver).Order());
        var incident = Assert.Single(later.Incidents);
        Assert.Equal("boutique/checkout", incident.Workload);
        Assert.Equal(Start, incident.Since);
        Assert.All(receiver.Messages, m => Assert.Contains("boutique/checkout", m.Body.GetRawText()));
        Assert.Equal("test-key", receiver.Messages.Single(m => m.Receiver == "pagerduty").Body.GetProperty("routing_key").GetString());
    }

    [Fact]
    public async Task Siblings_AnomalousTogether_OpenAnIncidentThatNamesThem()
    {
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var dapr = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, Settings);
        using var client = await dapr.ClientAsync();

        await client.PublishEventAsync(
            Topics.PubSub,
            Topics.Anomalies,
            new AnomalyBatchV1(
                0,
                0,
                Start,
                "1",
                [
                    Anomaly("container_cpu", SignalKind.Cpu, "cores", Start, 1.95),
                    Anomaly("container_throttling", SignalKind.Saturation, "ratio", Start, 1.9),
                    Anomaly("latency_p99", SignalKind.Latency, "s", Start, 1.85),
                ]
            )
        );

        await Eventually.TrueAsync(() => receiver.Messages.Count == 2, "the incident opens");
        var incident = Assert.Single((await ListAsync(client)).Incidents);
        Assert.Equal(["container_cpu", "container_throttling", "latency_p99"], incident.Signals.Select(s => s.Series.Name));
        Assert.Contains("container_cpu", incident.Title);
    }

    [Fact]
    public async Task Anomalies_OverForTenMinutes_ResolveUnderTheSameKey()
    {
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var dapr = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, Settings);
        using var client = await dapr.ClientAsync();

        await PublishAsync(client, Start, 4);
        await Eventually.TrueAsync(() => receiver.Messages.Count == 2, "the incident opens");
        await PublishAsync(client, Start.AddMinutes(11), 0.1);
        await Eventually.TrueAsync(() => receiver.Messages.Count == 4, "the incident resolves");

        var events = receiver.Messages.Where(m => m.Receiver == "pagerduty").Select(m => m.Body).ToList();
        Assert.Equal(["trigger", "resolve"], events.Select(e => e.GetProperty("event_action").GetString()));
        Assert.Single(events.Select(e => e.GetProperty("dedup_key").GetString()).Distinct());
    }

    [Fact]
    public async Task Receiver_DownAtFirst_GetsTheMessageWhenItIsBackEvenAfterARestart()
    {
        var port = 0;
        await using (var probe = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None))
            port = probe.Url.Port;
        var dead = new Uri($"http://127.0.0.1:{port}/");
        await using (var dapr = await TestDapr.StartAsync(_folder.Path, dead))
        {
            await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, Settings);
            using var client = await dapr.ClientAsync();
            await PublishAsync(client, Start, 4);
            await Eventually.TrueAsync(
                async () => (await ListAsync(client)).Pending.Count(p => p.Route != "topic:incidents") == 2,
                "two messages wait"
            );
        }

        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var again = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        await again.AddAsync(Apps.Alerts, AlertsHost.Build, Settings);
        using var after = await again.ClientAsync();

        await Eventually.TrueAsync(() => receiver.Messages.Count == 2, "both messages arrive after the restart");
        Assert.Single((await ListAsync(after)).Incidents);
    }

    [Fact]
    public async Task Incidents_WhenTheBrokerDoesNotTakeThem_ReachTheTopicAfterARestart()
    {
        await using (var dapr = await TestDapr.StartAsync(_folder.Path))
        {
            // The alerts app may not publish to the topic yet, so what it has to tell stays with it.
            var pubsub = Path.Combine(dapr.Data.Components, "pubsub.yaml");
            var allowed = await File.ReadAllTextAsync(pubsub);
            await File.WriteAllTextAsync(pubsub, allowed.TrimEnd() + $"\n    - name: publishingScopes\n      value: \"{Apps.Alerts}=none\"\n");
            await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, QuietSettings);
            using var client = await dapr.ClientAsync();
            await PublishAsync(client, Start, 4);
            await Eventually.TrueAsync(async () => (await ListAsync(client)).Pending is [{ Route: "topic:incidents" }], "the opening waits");
            await File.WriteAllTextAsync(pubsub, allowed);
        }

        await using var again = await TestDapr.StartAsync(_folder.Path);
        ConcurrentQueue<IncidentV1> heard = [];
        await again.AddAsync("listener", args => Listener(args, heard));
        await again.AddAsync(Apps.Alerts, AlertsHost.Build, QuietSettings);
        using var after = await again.ClientAsync();
        await Eventually.TrueAsync(() => heard.Count == 1, "the opening arrives");
        await PublishAsync(after, Start.AddMinutes(11), 0.1);
        await Eventually.TrueAsync(() => heard.Count == 2, "the end arrives");
        Assert.Equal([IncidentPhase.Opened, IncidentPhase.Resolved], heard.Select(i => i.Phase));
        await Eventually.TrueAsync(async () => (await ListAsync(after)).Pending.Count == 0, "nothing waits");
    }

    private static WebApplication Listener(string[] args, ConcurrentQueue<IncidentV1> heard)
    {
        var app = AnomalyApp.CreateBuilder("listener", args).Build();
        app.UseAnomalyDefaults().MapPost("/incidents", (IncidentV1 incident) => heard.Enqueue(incident)).WithTopic(Topics.PubSub, Topics.Incidents);
        return app;
    }

    private static async Task PublishAsync(DaprClient client, DateTimeOffset at, double score) =>
        await client.PublishEventAsync(
            Topics.PubSub,
            Topics.Anomalies,
            new AnomalyBatchV1(
                0,
                0,
                at,
                "1",
                [
                    Anomaly("container_cpu", SignalKind.Cpu, "cores", at, score),
                    Anomaly("container_throttling", SignalKind.Saturation, "ratio", at, score / 2),
                    Anomaly("latency_p99", SignalKind.Latency, "s", at, score / 3),
                ]
            )
        );

    private static AnomalyV1 Anomaly(string name, SignalKind kind, string unit, DateTimeOffset at, double score)
    {
        var series = new SeriesIdentity(name, kind, unit, new([new("namespace", "boutique"), new("workload", "checkout")]));
        return new(
            series,
            new(
                at,
                0.92,
                score,
                ScoreThresholds.IsAnomalous(score) ? Decision.Anomalous : Decision.Normal,
                0.25,
                0.18,
                0.34,
                SeriesState.Ok,
                null,
                [new("forest", score)],
                []
            )
        );
    }

    private static async Task<IncidentListV1> ListAsync(DaprClient client) =>
        (await client.CreateInvokableHttpClient(Apps.Alerts).GetFromJsonAsync<IncidentListV1>("v1/incidents", MessageJson.Options))!;
}
