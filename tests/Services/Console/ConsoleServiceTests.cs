using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Anomaly.Console;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Trainer;

namespace Dapr.Anomaly.Services.Tests.Console;

public sealed class ConsoleServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Status_WithServicesThatAreAway_ShowsTheOthers()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        var (app, _) = await dapr.AddAsync(Apps.Console, ConsoleHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var status = await http.GetFromJsonAsync<JsonElement>("api/status");

        Assert.Equal(JsonValueKind.Object, status.GetProperty("model").ValueKind);
        foreach (var away in new[] { "source", "series", "incidents", "training" })
            Assert.Equal(JsonValueKind.Null, status.GetProperty(away).ValueKind);
    }

    [Fact]
    public async Task Status_BeforeTheFirstTraining_HasNone()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Trainer, TrainerHost.Build);
        var (app, _) = await dapr.AddAsync(Apps.Console, ConsoleHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var status = await http.GetFromJsonAsync<JsonElement>("api/status");

        Assert.Equal(JsonValueKind.Null, status.GetProperty("training").ValueKind);
    }

    [Fact]
    public async Task Status_WithALoopThatFails_SaysWhichAndWhy()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(
            Apps.Collector,
            args =>
            {
                var app = Platform.Hosting.AnomalyApp.CreateBuilder(Apps.Collector, args).Build();
                app.MapGet(
                    "/healthz",
                    () =>
                        Microsoft.AspNetCore.Http.Results.Json(
                            new HealthV1([new("collection", DateTimeOffset.UnixEpoch, "the disk is full")]),
                            MessageJson.Options,
                            statusCode: 503
                        )
                );
                return app;
            }
        );
        var (console, _) = await dapr.AddAsync(Apps.Console, ConsoleHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(console.Urls.First()) };

        var down = Assert.Single((await http.GetFromJsonAsync<JsonElement>("api/status")).GetProperty("down").EnumerateArray());

        Assert.Equal(("collector", "collection"), (down.GetProperty("app").GetString(), down.GetProperty("loop").GetString()));
        Assert.Equal("the disk is full", down.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Federate_OfAllServices_HasEachFamilyOnce()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        var (app, _) = await dapr.AddAsync(Apps.Console, ConsoleHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var lines = (await http.GetStringAsync("federate")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        var types = lines.Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).ToList();
        Assert.Contains(types, t => t.Contains("anomaly_detector_inference_duration_seconds", StringComparison.Ordinal));
        Assert.Equal(types.Distinct(), types);
        Assert.Contains(lines, l => l.Contains("app=\"inference\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_OfTwoExpositions_KeepsSamplesUnderTheirFamily()
    {
        var merged = MetricsFederation.Merge([
            "# HELP a x\n# TYPE a counter\na{app=\"1\"} 1\n# TYPE b gauge\nb 2\n",
            "# HELP a x\n# TYPE a counter\na{app=\"2\"} 3\n",
        ]);
        Assert.Equal("# HELP a x\n# TYPE a counter\na{app=\"1\"} 1\na{app=\"2\"} 3\n# TYPE b gauge\nb 2\n", merged);
    }

    [Fact]
    public async Task Page_AtTheRoot_IsHtml()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var (app, _) = await dapr.AddAsync(Apps.Console, ConsoleHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Assert.StartsWith("<!doctype html>", await http.GetStringAsync(""), StringComparison.OrdinalIgnoreCase);
    }
}
