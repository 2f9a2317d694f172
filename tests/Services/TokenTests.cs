using System.Net;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests;

/// <summary>With an app API token every service answers its own sidecar only.</summary>
public sealed class TokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> AppIds => [.. ServiceList.All.Select(s => s.AppId)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(AppIds))]
    public async Task Service_WithAToken_RefusesWhoDoesNotHaveIt(string appId)
    {
        var build = ServiceList.All.Single(s => s.AppId == appId).Build;
        await using var app = build([
            "--APP_API_TOKEN=right",
            "--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9",
            $"--ANOMALY_REGISTRY={_folder.Path}/registry",
            $"--ANOMALY_LOG_FILE={_folder.Path}/log",
        ]);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("dapr/subscribe", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("dapr/subscribe", "wrong"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("dapr/subscribe", "right"));
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync("healthz", null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("metrics", null));

        async Task<HttpStatusCode> StatusAsync(string path, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (token is not null)
                request.Headers.Add("dapr-api-token", token);
            using var response = await http.SendAsync(request);
            return response.StatusCode;
        }
    }
}
