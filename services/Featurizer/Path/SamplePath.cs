using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>
/// The path of a sample, step by step: samples become windows, windows become features, features become scores, scores become decisions, and what
/// matters goes to the incidents. A batch that comes again changes nothing, unless its scoring failed before: then it is scored now.
/// </summary>
internal sealed class SamplePath(
    Shards shards,
    Readiness readiness,
    SampleGate gate,
    AppendSamples append,
    ExtractRows extract,
    IRowScorer score,
    DecideScores decide,
    PublishAnomalies publish
)
{
    private const int RowsAtOnce = 1_024;

    /// <exception cref="MessageException">The batch belongs to another replica; it will never fit here.</exception>
    /// <exception cref="HttpRequestException">Inference does not answer; the batch has to come again.</exception>
    /// <exception cref="DaprException">The broker did not take the anomalies; they are published before the next batch is looked at.</exception>
    public async Task RunAsync(MetricBatch batch, CancellationToken cancellationToken)
    {
        var shard = shards.Owning(batch);
        await readiness.WaitAsync(cancellationToken);
        using var owned = await shard.EnterAsync(cancellationToken);
        await publish.RunAsync(shard, cancellationToken);
        using var intake = gate.Begin(batch.Samples);
        for (var column = 0; column < intake.Columns; column++)
        {
            var fresh = append.Run(shard, intake, column);
            string? modelVersion = null;
            foreach (var series in fresh.Chunk(RowsAtOnce))
            {
                using var rows = extract.Run(series);
                var scores = await score.RunAsync(rows.Rows, cancellationToken);
                modelVersion = scores.ModelVersion;
                decide.Run(series, scores.Scores);
            }
            if (modelVersion is not null)
                publish.Add(shard, new BatchSource(batch.Shard, batch.Part), batch.Samples.TimeOf(column), modelVersion, fresh);
        }
        await publish.RunAsync(shard, cancellationToken);
    }
}
