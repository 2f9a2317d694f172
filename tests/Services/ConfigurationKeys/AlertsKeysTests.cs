using System.Collections.Concurrent;
using System.Net.Http.Json;
using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>What <c>alerts:</c> changes, seen on the alerts service behind a real sidecar. No Prometheus is named: alerts need none.</summary>
public sealed class AlertsKeysTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly ConfiguredFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [EffectOf("alerts.budget.default")]
    public async Task BudgetDefault_OfNothing_SendsNothingButShowsCountsAndPublishes()
    {
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var dapr = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        ConcurrentQueue<IncidentV1> published = [];
        await dapr.AddAsync("listener", args => Listener(args, published));
        var (app, _) = await dapr.AddAsync(
            Apps.Alerts,
            AlertsHost.Build,
            _folder.Configure("alerts: { budget: { default: 0/day }, routes: [slack, pagerduty] }")
        );
        using var client = await dapr.ClientAsync();

        await OpenAsync(app, "shop", "cart", Start);

        await Eventually.TrueAsync(() => published.Count == 1, "the incident is published");
        await Eventually.TrueAsync(async () => (await ListAsync(client)).Pending.Count == 0, "nothing waits");
        Assert.True(Assert.Single((await ListAsync(client)).Incidents).HeldBack);
        Assert.Empty(receiver.Messages);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Assert.Contains($"{MetricNames.IncidentsHeldBack}{{app=\"alerts\"}} 1", await http.GetStringAsync("metrics"));
    }

    [Fact]
    [EffectOf("alerts.budget.*")]
    [EffectOf("alerts.budget.default")]
    public async Task BudgetOfATeam_SpentByItsFirstIncident_HoldsBackTheNextAlsoAfterARestart()
    {
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var dapr = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        var config = _folder.Configure("alerts: { budget: { default: 5/day, shop: 1/day }, routes: [slack] }");
        var (app, sidecar) = await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, config);
        using (var client = await dapr.ClientAsync())
        {
            await OpenAsync(app, "shop", "cart", Start);
            await Eventually.TrueAsync(async () => (await ListAsync(client)) is { Incidents.Count: 1, Pending.Count: 0 }, "the first is sent");
        }
        await dapr.StopAsync(app, sidecar);
        var (second, _) = await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, config);
        using var again = await dapr.ClientAsync("again");

        await OpenAsync(second, "shop", "basket", Start.AddMinutes(1));
        await OpenAsync(second, "payments", "card", Start.AddMinutes(2));
        await OpenAsync(second, "shop", "stock", Start.AddHours(25));

        await Eventually.TrueAsync(async () => (await ListAsync(again)) is { Incidents.Count: 4, Pending.Count: 0 }, "all are told or held back");
        Assert.Equal(
            [("shop/basket", true), ("payments/card", false), ("shop/cart", false), ("shop/stock", false)],
            (await ListAsync(again)).Incidents.Select(i => (i.Workload, i.HeldBack ?? false)).OrderBy(i => !i.Item2).ThenBy(i => i.Workload)
        );
        Assert.Equal(
            ["cart", "card", "stock"],
            receiver.Messages.Where(m => !Text(m).Contains("resolved", StringComparison.OrdinalIgnoreCase)).Select(Workload)
        );
        Assert.DoesNotContain(receiver.Messages, m => Text(m).Contains("basket", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2/day", 1.01, true)]
    [InlineData("1/week", 1.01, false)]
    [InlineData("1/week", 1.3, true)]
    [InlineData("20/day", 0.9, true)]
    [InlineData("2/day", 0.9, false)]
    [EffectOf("alerts.budget.default")]
    public async Task BudgetDefault_OfAModelWithItsRisk_MovesTheScoreThatOpens(string budget, double score, bool opens)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await RegisterChampionAsync(dapr.Data.Registry, risk: 1e-6);
        var (app, _) = await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, _folder.Configure($"alerts: {{ budget: {{ default: {budget} }} }}"));
        using var client = await dapr.ClientAsync();

        for (var i = 0; i < 3; i++)
            await DeliverAsync(app, Batch("shop", "cart", Start.AddSeconds(15 * i), [score]));
        Assert.Equal(opens, (await ListAsync(client)).Incidents.Any(i => i.Workload == "shop/cart"));
    }

    [Fact]
    [EffectOf("alerts.routes")]
    public async Task Routes_NamedInTheFile_AreTheOnlyOnesThatAreTold()
    {
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var dapr = await TestDapr.StartAsync(_folder.Path, receiver.Url);
        var (app, _) = await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, _folder.Configure("alerts: { routes: [pagerduty] }"));
        using var client = await dapr.ClientAsync();

        await OpenAsync(app, "shop", "cart", Start);

        await Eventually.TrueAsync(async () => (await ListAsync(client)) is { Incidents.Count: 1, Pending.Count: 0 }, "the incident is told");
        Assert.Equal(["pagerduty"], receiver.Messages.Select(m => m.Receiver));
    }

    private static WebApplication Listener(string[] args, ConcurrentQueue<IncidentV1> heard)
    {
        var app = AnomalyApp.CreateBuilder("listener", args).Build();
        app.UseAnomalyDefaults().MapPost("/incidents", (IncidentV1 incident) => heard.Enqueue(incident)).WithTopic(Topics.PubSub, Topics.Incidents);
        return app;
    }

    private static async Task RegisterChampionAsync(string directory, double risk)
    {
        var registry = new LocalRegistry(directory, TimeProvider.System);
        ModelManifest manifest = new(1, ModelAliases.Model, "", "", 1, Start, Start, 15, [], [], 1, risk, new Dictionary<string, double>(), []);
        var bundle = ModelBundle.Create(manifest, new Dictionary<string, byte[]> { ["series.json"] = "[]"u8.ToArray() });
        var run = await registry.StartRunAsync(new("test", "run", "run", Start, new Dictionary<string, string>(), null), CancellationToken.None);
        var version = await registry.RegisterAsync(
            new(ModelAliases.Model, run, bundle.Sha256, "", bundle.ToFiles(), new Dictionary<string, string>(), new Dictionary<string, double>(), ""),
            CancellationToken.None
        );
        await registry.SetAliasAsync(ModelAliases.Model, ModelAliases.Champion, version.Version, CancellationToken.None);
    }

    /// <summary>Three signals of a workload far over every threshold: enough to open at once.</summary>
    private static Task OpenAsync(WebApplication app, string ns, string workload, DateTimeOffset at) =>
        DeliverAsync(app, Batch(ns, workload, at, [9, 8, 7]));

    /// <summary>Hands a batch over as the sidecar does, one after another: a broker may change their order, and the order is what matters
    /// here.</summary>
    private static async Task DeliverAsync(WebApplication app, AnomalyBatchV1 batch)
    {
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var response = await http.PostAsJsonAsync(Topics.Anomalies, batch, MessageJson.Options);
        response.EnsureSuccessStatusCode();
    }

    private static AnomalyBatchV1 Batch(string ns, string workload, DateTimeOffset at, double[] scores) =>
        new(0, 0, at, "1", [.. scores.Select((score, i) => Anomaly($"signal_{i}", ns, workload, at, score))]);

    private static AnomalyV1 Anomaly(string name, string ns, string workload, DateTimeOffset at, double score)
    {
        var series = new SeriesIdentity(name, SignalKind.Cpu, "cores", new([new("namespace", ns), new("workload", workload)]));
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

    private static string Text(ReceivedMessage message) => message.Body.GetRawText();

    private static string Workload(ReceivedMessage message) =>
        new[] { "cart", "basket", "card", "stock" }.First(w => Text(message).Contains($"/{w}", StringComparison.Ordinal));

    private static async Task<IncidentListV1> ListAsync(DaprClient client) =>
        (await client.CreateInvokableHttpClient(Apps.Alerts).GetFromJsonAsync<IncidentListV1>("v1/incidents", MessageJson.Options))!;
}
