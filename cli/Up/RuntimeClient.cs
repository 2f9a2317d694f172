namespace Dapr.Anomaly.Cli.Up;

/// <summary>Clients of a sidecar: they send its token, and follow no redirect with it.</summary>
internal static class RuntimeClient
{
    /// <param name="apiToken">Null for a sidecar that wants none.</param>
    public static HttpClient Create(string? apiToken, TimeSpan timeout)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = timeout };
        if (!string.IsNullOrEmpty(apiToken))
            http.DefaultRequestHeaders.Add("dapr-api-token", apiToken);
        return http;
    }
}
