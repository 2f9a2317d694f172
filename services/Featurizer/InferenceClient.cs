using Dapr.Anomaly.Platform.Messages;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer;

/// <summary>The inference service, by Dapr service invocation.</summary>
public sealed class InferenceClient(DaprClient dapr)
{
    private const int RowsAtOnce = 2_000;

    private readonly HttpClient _http = dapr.CreateInvokableHttpClient(Apps.Inference);

    /// <exception cref="HttpRequestException">The service does not answer or refuses.</exception>
    public async Task<ScoreResponseV1> ScoreAsync(IReadOnlyList<ScoreRowV1> rows, CancellationToken cancellationToken)
    {
        List<SeriesScoreV1> scores = new(rows.Count);
        string? version = null;
        foreach (var chunk in rows.Chunk(RowsAtOnce))
        {
            using var response = await _http.PostAsJsonAsync("v1/score/batch", new ScoreRequestV1(chunk), MessageJson.Options, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new HttpRequestException(
                    $"inference answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}"
                );
            var answer = (await response.Content.ReadFromJsonAsync<ScoreResponseV1>(MessageJson.Options, cancellationToken))!;
            version = answer.ModelVersion;
            scores.AddRange(answer.Scores);
        }
        return new(version, scores);
    }
}
