using System.Net;
using Dapr.Anomaly.Console;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>ANOMALY_ALLOWED_HOSTS, ANOMALY_CONSOLE_TOKEN and APP_API_TOKEN, each by what it changes.</summary>
public sealed class AccessKeysTests
{
    [Theory]
    [InlineData(null, "anomaly.example", HttpStatusCode.Forbidden)]
    [InlineData("anomaly.example", "anomaly.example", HttpStatusCode.NoContent)]
    [InlineData("other.example, anomaly.example", "ANOMALY.example", HttpStatusCode.NoContent)]
    [InlineData("anomaly.example", "another.example", HttpStatusCode.Forbidden)]
    [InlineData("*", "another.example", HttpStatusCode.NoContent)]
    public async Task AllowedHosts_DecidesWhichNamesAreAnswered(string? allowed, string host, HttpStatusCode expected)
    {
        await using var app = await StartAsync($"--{AnomalyApp.AllowedHostsKey}={allowed}");
        Assert.Equal(expected, await StatusAsync(app, "healthz", host, null));
    }

    [Theory]
    [InlineData("http://anomaly.example")]
    [InlineData("anomaly.example:8080")]
    public void AllowedHosts_ThatAreNone_AreRefusedAtTheStart(string allowed)
    {
        var error = Assert.Throws<ConfigurationException>(() => ConsoleHost.Build([$"--{AnomalyApp.AllowedHostsKey}={allowed}"]));
        Assert.StartsWith($"ANOMALY_ALLOWED_HOSTS: \"{allowed}\" is no host name", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null, HttpStatusCode.OK)]
    [InlineData("app", null, null, HttpStatusCode.Unauthorized)]
    [InlineData("app", null, "app", HttpStatusCode.OK)]
    [InlineData("app", "people", "app", HttpStatusCode.OK)]
    [InlineData("app", "people", "people", HttpStatusCode.OK)]
    [InlineData(null, "people", "people", HttpStatusCode.OK)]
    [InlineData(null, "people", null, HttpStatusCode.Unauthorized)]
    [InlineData(null, "people", "wrong", HttpStatusCode.Unauthorized)]
    public async Task Tokens_DecideWhoSeesTheStatus(string? appToken, string? consoleToken, string? given, HttpStatusCode expected)
    {
        await using var app = await StartAsync($"--{AnomalyApp.AppTokenKey}={appToken}", $"--{AnomalyApp.ConsoleTokenKey}={consoleToken}");
        Assert.Equal(expected, await StatusAsync(app, "api/status", null, given));
    }

    /// <summary>The token of people opens what people see, and nothing that is for the sidecar.</summary>
    [Fact]
    public async Task ConsoleToken_OnARouteOfTheSidecar_IsRefused()
    {
        await using var app = await StartAsync($"--{AnomalyApp.AppTokenKey}=app", $"--{AnomalyApp.ConsoleTokenKey}=people");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, "dapr/subscribe", null, "people"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, "dapr/subscribe", null, "app"));
    }

    private static async Task<WebApplication> StartAsync(params string[] settings)
    {
        var app = ConsoleHost.Build(["--DAPR_HTTP_ENDPOINT=http://127.0.0.1:9", "--DAPR_GRPC_ENDPOINT=http://127.0.0.1:9", .. settings]);
        await app.StartAsync();
        return app;
    }

    private static async Task<HttpStatusCode> StatusAsync(WebApplication app, string path, string? host, string? token)
    {
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
