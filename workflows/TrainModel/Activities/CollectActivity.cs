using System.Security.Cryptography;
using System.Text;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>
/// Records that the training began, asks the collector for the past of every query, at full resolution and in the coarse view, and keeps the
/// answers as artifacts.
/// A query that cannot be had is a note; only when no query gives a sample there is nothing to learn from.
/// </summary>
public sealed class CollectActivity(CollectorClient collector, ArtifactStore artifacts, TrainingLog log, StepMeter meter, TimeProvider time)
    : WorkflowActivity<TrainingPlan, StepOutcome<CollectedData>>
{
    public override Task<StepOutcome<CollectedData>> RunAsync(WorkflowActivityContext context, TrainingPlan plan) =>
        meter.RunAsync("collect", seconds => CollectAsync(plan, seconds, CancellationToken.None));

    private async Task<CollectedData> CollectAsync(TrainingPlan plan, Func<double> seconds, CancellationToken cancellationToken)
    {
        await log.BeganAsync(plan, cancellationToken);
        var queries = await HistoryQuestions.QueriesAsync(collector, cancellationToken);
        var step = TimeSpan.FromSeconds(queries.StepSeconds);
        var questions = new HistoryQuestions(collector, time, plan, step);

        HttpRequestException? fault = null;
        List<FrameReference> frames = [];
        List<string> notes = [];
        var series = new HashSet<SeriesId>();
        long samples = 0;
        foreach (var query in queries.Queries)
        {
            HistoryAnswer? fine;
            string? refusal;
            try
            {
                (fine, refusal) = await questions.AskAsync(query.Name, plan.FineFrom, step, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                // When the others are answered, it is this query that is not.
                (fault, fine, refusal) = (e, null, $"{e.Message}; it is not learnt this time");
            }
            if (fine is null || fine.Series.Count == 0)
            {
                notes.Add($"query {query.Name}: {refusal ?? $"no series from {plan.FineFrom:u} to {plan.To:u}"}");
                continue;
            }
            await KeepAsync(query.Name, fine, isCoarse: false);
            var (coarse, coarseRefusal) = await questions.AskAsync(query.Name, plan.CoarseFrom, TrainingPlan.CoarseStep, cancellationToken);
            if (coarse is null)
                notes.Add($"query {query.Name}: no season is learnt, {coarseRefusal}");
            else
                await KeepAsync(query.Name, coarse, isCoarse: true);
        }
        if (samples == 0 && fault is not null)
            throw fault;
        if (samples == 0)
            throw new TrainingException(
                $"nothing to learn from: {queries.Queries.Count} queries gave no sample from {plan.FineFrom:u} to {plan.To:u} (from {queries.Source})"
                    + (notes.Count > 0 ? $"; {notes[0]}" : "")
            );
        return new CollectedData(queries.Source, step, frames, series.Count, samples, notes, Digest(frames), seconds());

        async Task KeepAsync(string name, HistoryAnswer answer, bool isCoarse)
        {
            series.UnionWith(answer.Series);
            samples += answer.Samples;
            var key = $"{plan.InstanceId}/data/{name}/{(isCoarse ? "coarse" : "fine")}";
            frames.Add(new(name, isCoarse, await artifacts.SaveAsync(key, answer.Bytes, cancellationToken)));
        }
    }

    private static string Digest(List<FrameReference> frames) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', frames.Select(f => f.Artifact.Sha256)))));
}
