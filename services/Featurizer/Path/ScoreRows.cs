using System.Net.Http.Headers;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>Features become scores: the inference service is asked by Dapr service invocation.</summary>
internal sealed class ScoreRows(DaprClient dapr, StageMeter stages, FeaturizerMetrics metrics) : IRowScorer
{
    private readonly HttpClient _inference = dapr.CreateInvokableHttpClient(Apps.Inference);

    /// <inheritdoc/>
    public async Task<(string? ModelVersion, IReadOnlyList<SeriesScore> Scores)> RunAsync(
        IReadOnlyList<ScoreRow> rows,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var response = await _inference.PostAsync("v1/score/rows", Encode(rows), cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new HttpRequestException(
                    $"inference answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}"
                );
            return Decode(await response.Content.ReadAsByteArrayAsync(cancellationToken), rows);
        }
        catch (MessageException e)
        {
            // Not the batch is wrong but the answer: another version of inference, or something else at its address. The batch comes again.
            metrics.Failures.WithLabels("answer").Inc();
            throw new HttpRequestException($"inference answered what is no answer: {e.Message}", e);
        }
        catch (HttpRequestException)
        {
            metrics.Failures.WithLabels("unreachable").Inc();
            throw;
        }
    }

    private ByteArrayContent Encode(IReadOnlyList<ScoreRow> rows)
    {
        using var measured = stages.Measure(Stages.Encode, rows.Count);
        var content = new ByteArrayContent(RowsWire.ToBytes(rows));
        content.Headers.ContentType = new MediaTypeHeaderValue(MetricBatch.BinaryMediaType);
        return content;
    }

    private (string? ModelVersion, IReadOnlyList<SeriesScore> Scores) Decode(byte[] answer, IReadOnlyList<ScoreRow> rows)
    {
        using var measured = stages.Measure(Stages.Decode, rows.Count);
        return RowScoresWire.FromBytes(answer, rows);
    }
}
