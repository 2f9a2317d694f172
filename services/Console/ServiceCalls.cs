using System.Net;
using Dapr.Client;

namespace Dapr.Anomaly.Console;

/// <summary>Reads the other services by Dapr service invocation. One that does not answer is shown as such, and hides nobody else.</summary>
internal sealed class ServiceCalls(IServiceProvider services, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The answer's text, or null when the service did not answer in time or refused.</summary>
    public Task<string?> GetAsync(string appId, string path, CancellationToken cancellationToken) =>
        GetAsync(appId, path, r => r.IsSuccessStatusCode, cancellationToken);

    /// <summary>What a service that is not well says of itself, or null when it is, or does not answer.</summary>
    public Task<string?> HealthAsync(string appId, CancellationToken cancellationToken) =>
        GetAsync(appId, "healthz", r => r.StatusCode == HttpStatusCode.ServiceUnavailable, cancellationToken);

    private async Task<string?> GetAsync(string appId, string path, Func<HttpResponseMessage, bool> counts, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var response = await services.GetRequiredKeyedService<HttpClient>(appId).GetAsync(path, both.Token);
            return counts(response) ? await response.Content.ReadAsStringAsync(both.Token) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public static void Register(IServiceCollection services, IEnumerable<string> appIds)
    {
        services.AddSingleton<ServiceCalls>();
        foreach (var appId in appIds)
            services.AddKeyedSingleton(appId, (s, _) => s.GetRequiredService<DaprClient>().CreateInvokableHttpClient(appId));
    }
}
