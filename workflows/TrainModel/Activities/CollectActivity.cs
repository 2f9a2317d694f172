using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>Asks the collector for the past of every query, at full resolution and for the coarse, and keeps the answers as artifacts.</summary>
public sealed class CollectActivity(CollectorClient collector, ArtifactStore artifacts, StepMeter meter)
    : WorkflowActivity<TrainingPlan, CollectedData>
{
    public override Task<CollectedData> RunAsync(WorkflowActivityContext context, TrainingPlan plan) =>
        meter.MeasureAsync(
            "collect",
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                var queries = await AskAsync(collector.QueriesAsync(cancellationToken));
                var step = TimeSpan.FromSeconds(queries.StepSeconds);

                List<FrameReference> frames = [];
                List<string> notes = [];
                var series = new HashSet<SeriesId>();
                long samples = 0;
                foreach (var query in queries.Queries)
                {
                    var fine = await HistoryAsync(plan, query.Name, plan.FineFrom, step, cancellationToken);
                    if (fine.Table.Series.Count == 0)
                    {
                        notes.Add($"query {query.Name}: no series from {plan.FineFrom:u} to {plan.To:u}");
                        continue;
                    }
                    var coarse = await HistoryAsync(plan, query.Name, plan.CoarseFrom, TrainingPlan.CoarseStep, cancellationToken);
                    foreach (var (frame, isCoarse) in new[] { (fine, false), (coarse, true) })
                    {
                        series.UnionWith(frame.Table.Series.Select(s => s.Series.Id));
                        samples += frame.Table.SampleCount;
                        var key = $"{plan.InstanceId}/data/{query.Name}/{(isCoarse ? "coarse" : "fine")}";
                        frames.Add(new(query.Name, isCoarse, await artifacts.SaveAsync(key, frame.Bytes, cancellationToken)));
                    }
                }
                if (samples == 0)
                    throw new TrainingException(
                        $"nothing to learn from: {queries.Queries.Count} queries gave no sample from {plan.FineFrom:u} to {plan.To:u} (from {queries.Source})"
                    );
                var digest = Convert.ToHexStringLower(
                    SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', frames.Select(f => f.Artifact.Sha256))))
                );
                return new CollectedData(queries.Source, step, frames, series.Count, samples, notes, digest, seconds());
            }
        );

    private Task<(SampleTable Table, byte[] Bytes)> HistoryAsync(
        TrainingPlan plan,
        string name,
        DateTimeOffset from,
        TimeSpan step,
        CancellationToken cancellationToken
    ) => AskAsync(collector.HistoryAsync(new(name, TimeGrid.Floor(from, step), TimeGrid.Floor(plan.To, step), step.TotalSeconds), cancellationToken));

    /// <summary>What the collector says of Prometheus is what the workflow's status shows.</summary>
    private static async Task<T> AskAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.BadGateway)
        {
            throw new TrainingException(e.Message);
        }
    }
}
