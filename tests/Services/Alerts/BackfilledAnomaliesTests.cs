using System.Net.Http.Json;
using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Alerts;

/// <summary>One message that carries several times, as after an outage.</summary>
public sealed class BackfilledAnomaliesTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Message_OfSeveralTimes_OpensAndResolvesInTheirOrder()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var (app, _) = await dapr.AddAsync(Apps.Alerts, AlertsHost.Build, "--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9", "--ANOMALY_ROUTES=");
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var message = new AnomalyBatchV1(0, 0, Start.AddMinutes(11), "1", Column(Start.AddMinutes(11), 0.1), [new(Start, Column(Start, 9))]);

        using (var response = await http.PostAsJsonAsync(Topics.Anomalies, message, MessageJson.Options))
            response.EnsureSuccessStatusCode();

        var incident = Assert.Single((await http.GetFromJsonAsync<IncidentListV1>("v1/incidents", MessageJson.Options))!.Incidents);
        Assert.Equal((IncidentPhase.Resolved, Start, Start.AddMinutes(11)), (incident.Phase, incident.OpenedAt, incident.ResolvedAt));
    }

    private static AnomalyV1[] Column(DateTimeOffset at, double score) =>
        [.. new[] { "cpu", "latency", "errors" }.Select(name => new AnomalyV1(Series(name), Score(at, score)))];

    private static SeriesIdentity Series(string name) =>
        new(name, SignalKind.Other, "", new([new("namespace", "boutique"), new("workload", "checkout")]));

    private static ScoreV1 Score(DateTimeOffset at, double score) =>
        new(at, 1, score, score > 1 ? Decision.Anomalous : Decision.Normal, 0.25, 0.18, 0.34, SeriesState.Ok, null, [], []);
}
