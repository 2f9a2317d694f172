using Dapr.Anomaly.Platform.Messages;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer;

/// <summary>The collector, by Dapr service invocation.</summary>
public sealed class CollectorClient(DaprClient dapr)
{
    private readonly HttpClient _http = dapr.CreateInvokableHttpClient(Apps.Collector);

    /// <exception cref="HttpRequestException">The collector does not answer, or cannot reach Prometheus.</exception>
    public async Task<CollectedQueriesV1> QueriesAsync(CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync<CollectedQueriesV1>("v1/queries", MessageJson.Options, cancellationToken))!;

    /// <inheritdoc cref="QueriesAsync"/>
    public async Task<HistoryFrame> HistoryAsync(HistoryRequestV1 request, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("v1/history", request, MessageJson.Options, cancellationToken);
        response.EnsureSuccessStatusCode();
        return HistoryFrame.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }
}
