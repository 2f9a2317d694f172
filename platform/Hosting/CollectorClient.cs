using System.Net.Http.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Client;
using Microsoft.AspNetCore.Mvc;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>The collector, by Dapr service invocation. When it refuses, its own line is the message of the exception, its status the exception's.</summary>
public sealed class CollectorClient(DaprClient dapr)
{
    private readonly HttpClient _http = dapr.CreateInvokableHttpClient(Apps.Collector);

    /// <exception cref="HttpRequestException">The collector does not answer, or cannot reach Prometheus (502).</exception>
    public async Task<CollectedQueriesV1> QueriesAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync("v1/queries", cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync<CollectedQueriesV1>(MessageJson.Options, cancellationToken))!;
    }

    /// <summary>History of one query, as it travels and as it reads.</summary>
    /// <exception cref="HttpRequestException">As for <see cref="QueriesAsync"/>.</exception>
    public async Task<(SampleTable Table, byte[] Bytes)> HistoryAsync(HistoryRequestV1 request, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("v1/history", request, MessageJson.Options, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return (SampleTableWire.FromBytes(bytes), bytes);
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        var detail =
            response.Content.Headers.ContentType?.MediaType == "application/problem+json"
                ? (await response.Content.ReadFromJsonAsync<ProblemDetails>(cancellationToken))?.Detail
                : null;
        throw new HttpRequestException(detail ?? $"the collector answered {(int)response.StatusCode}", null, response.StatusCode);
    }
}
