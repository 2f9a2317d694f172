using System.Text;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>The loop that restores and saves windows goes on whatever it meets.</summary>
public sealed class WindowLifecycleTests(SmallModel model) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The attack of the review: state <c>windows/0</c> is <c>{}</c>.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("\u0000\u0001garbage")]
    public async Task Start_WithAPointerThatIsNone_ScoresAndSaysSo(string pointer)
    {
        await using (var dapr = await TestDapr.StartAsync(_folder.Path))
        {
            using var client = await dapr.ClientAsync(Apps.Featurizer);
            await client.SaveByteStateAsync(StateStores.Default, "windows/0", Encoding.UTF8.GetBytes(pointer));
        }
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, new FakeTimeProvider(model.End), model);

        await featurizer.DeliverAsync(model.Batch(300));

        Assert.Equal(model.End - model.Step, (await featurizer.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
    }

    /// <summary>The collector answers what is no answer: back-fill fails in a way that nobody foresaw.</summary>
    [Fact]
    public async Task Start_WithACollectorThatAnswersGarbage_IsReadyAndTheLoopGoesOn()
    {
        FakeTimeProvider time = new(model.End);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, Garbage);
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        var (app, _) = await dapr.AddAsync(Apps.Featurizer, args => FeaturizerHost.Build(args, time));
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        await Eventually.TrueAsync(
            async () => (await http.GetStringAsync("v1/summary")).Contains("\"ready\":true", StringComparison.Ordinal),
            "the windows are ready"
        );
        await Eventually.TrueAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return (await http.GetStringAsync("metrics")).Contains(
                    "anomaly_detector_window_failures_total{step=\"backfill\"",
                    StringComparison.Ordinal
                );
            },
            "the failure is counted"
        );
    }

    private static WebApplication Garbage(string[] args)
    {
        var app = Platform.Hosting.AnomalyApp.CreateBuilder(Apps.Collector, args).Build();
        app.MapGet("/healthz", () => "");
        app.MapGet("/dapr/subscribe", () => Array.Empty<string>());
        app.MapGet("/v1/queries", () => "garbage");
        return app;
    }
}
