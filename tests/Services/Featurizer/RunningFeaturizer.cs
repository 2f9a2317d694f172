using System.Net.Http.Headers;
using System.Net.Http.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>The featurizer behind a real sidecar, with a clock that a test moves; batches are handed over as the sidecar does.</summary>
internal sealed class RunningFeaturizer : IAsyncDisposable
{
    private readonly TestDapr _dapr;
    private readonly HttpClient _http;

    private RunningFeaturizer(TestDapr dapr, WebApplication app)
    {
        _dapr = dapr;
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public TestDapr Dapr => _dapr;

    public HttpClient Http => _http;

    /// <param name="withModel">Whether a model scores.</param>
    public static async Task<RunningFeaturizer> StartAsync(
        string folder,
        FakeTimeProvider time,
        SmallModel? withModel = null,
        params string[] settings
    )
    {
        var dapr = await TestDapr.StartAsync(folder);
        if (withModel is not null)
            await withModel.DeployAsync(dapr.Data.Registry);
        var (inference, _) = await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        using var asked = new HttpClient { BaseAddress = new Uri(inference.Urls.First()) };
        if (withModel is not null)
            await Eventually.TrueAsync(
                async () => (await asked.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version is not null,
                "the model is served"
            );
        var (app, _) = await dapr.AddAsync(Apps.Featurizer, args => FeaturizerHost.Build(args, time), settings);
        var featurizer = new RunningFeaturizer(dapr, app);
        await Eventually.TrueAsync(async () => (await featurizer.SummaryAsync()).Ready, "the windows have their history", 60);
        return featurizer;
    }

    public async Task<SummaryV1> SummaryAsync() => (await _http.GetFromJsonAsync<SummaryV1>("v1/summary", MessageJson.Options))!;

    /// <summary>Hands a batch over and wants it taken.</summary>
    public Task DeliverAsync(MetricBatch batch) => DeliverAsync(batch.ToBytes(), MetricBatch.BinaryMediaType);

    public async Task DeliverAsync(byte[] content, string contentType)
    {
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var response = await _http.PostAsync("metric-batches/0", body);
        response.EnsureSuccessStatusCode();
    }

    public async Task<SeriesStatusV1?> SeriesAsync(SeriesIdentity series)
    {
        var match = Uri.EscapeDataString($"{{workload=\"{series.Labels["workload"]}\"}}");
        return (await _http.GetFromJsonAsync<SeriesPageV1>($"v1/series?match={match}", MessageJson.Options))!.Series.SingleOrDefault();
    }

    public async Task<double> MetricAsync(string line) =>
        double.Parse(
            (await _http.GetStringAsync("metrics"))
                .Split('\n')
                .Where(l => l.StartsWith(line + " ", StringComparison.Ordinal))
                .Select(l => l.Split(' ')[^1])
                .FirstOrDefault("0"),
            System.Globalization.CultureInfo.InvariantCulture
        );

    public string Log() => File.ReadAllText(Path.Combine(_dapr.Data.Path, "logs", $"{Apps.Featurizer}.log"));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _dapr.DisposeAsync();
    }
}
