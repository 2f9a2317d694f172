using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Client;
using Dapr.Workflow;
using Microsoft.AspNetCore.Mvc;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>Asks the collector for the past of every query, at full resolution and for the calendar, and keeps the answers as artifacts.</summary>
public sealed class CollectActivity(DaprClient dapr, ArtifactStore artifacts, StepMeter meter) : WorkflowActivity<TrainingPlan, CollectedData>
{
    private readonly HttpClient _collector = dapr.CreateInvokableHttpClient(Apps.Collector);

    public override Task<CollectedData> RunAsync(WorkflowActivityContext context, TrainingPlan plan) => meter.MeasureAsync("collect", async seconds =>
    {
        var cancellationToken = CancellationToken.None;
        using var response = await _collector.GetAsync("v1/queries", cancellationToken);
        await RefuseAsync(response, cancellationToken);
        var queries = (await response.Content.ReadFromJsonAsync<CollectedQueriesV1>(MessageJson.Options, cancellationToken))!;
        var step = TimeSpan.FromSeconds(queries.StepSeconds);

        List<FrameReference> frames = [];
        List<string> notes = [];
        var series = new HashSet<string>();
        long samples = 0;
        foreach (var query in queries.Queries)
        {
            var fine = await HistoryAsync(plan, query.Alias, plan.FineFrom, step, cancellationToken);
            if (fine.Frame.Series.Count == 0)
            {
                notes.Add($"query {query.Alias}: no series from {plan.FineFrom:u} to {plan.To:u}");
                continue;
            }
            var calendar = await HistoryAsync(plan, query.Alias, plan.CalendarFrom, TrainingPlan.CalendarStep, cancellationToken);
            foreach (var (frame, isCalendar) in new[] { (fine, false), (calendar, true) })
            {
                series.UnionWith(frame.Frame.Series.Select(s => s.Series.Id.ToString()));
                samples += frame.Frame.Series.Sum(s => (long)s.Values.Count(double.IsFinite));
                var key = $"{plan.InstanceId}/data/{query.Alias}/{(isCalendar ? "calendar" : "fine")}";
                frames.Add(new(query.Alias, isCalendar, await artifacts.SaveAsync(key, frame.Bytes, cancellationToken)));
            }
        }
        if (samples == 0)
            throw new TrainingException($"nothing to learn from: {queries.Queries.Count} queries gave no sample from {plan.FineFrom:u} to {plan.To:u} (from {queries.Source})");
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', frames.Select(f => f.Artifact.Sha256)))));
        return new CollectedData(queries.Source, step, frames, series.Count, samples, notes, digest, seconds());
    });

    private async Task<(HistoryFrame Frame, byte[] Bytes)> HistoryAsync(TrainingPlan plan, string alias, DateTimeOffset from, TimeSpan step, CancellationToken cancellationToken)
    {
        var request = new HistoryRequestV1(alias, TimeGrid.Floor(from, step), TimeGrid.Floor(plan.To, step), step.TotalSeconds);
        using var response = await _collector.PostAsJsonAsync("v1/history", request, MessageJson.Options, cancellationToken);
        await RefuseAsync(response, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return (HistoryFrame.Read(bytes), bytes);
    }

    /// <summary>The collector says in one line what is wrong; that line is what the workflow's status shows.</summary>
    private static async Task RefuseAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        var detail = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? (await response.Content.ReadFromJsonAsync<ProblemDetails>(cancellationToken))?.Detail
            : null;
        throw response.StatusCode == HttpStatusCode.BadGateway
            ? new TrainingException(detail ?? "the collector refused")
            : new HttpRequestException(detail ?? $"the collector answered {(int)response.StatusCode}");
    }
}
