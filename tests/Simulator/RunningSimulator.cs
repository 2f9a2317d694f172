using Dapr.Anomaly.Platform.Prometheus;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Simulator.Tests;

/// <summary>A simulator on a free port whose clock stands at a Friday noon until a test moves it.</summary>
internal sealed class RunningSimulator : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private readonly WebApplication _app;

    private RunningSimulator(WebApplication app, FakeTimeProvider time)
    {
        (_app, Time) = (app, time);
        Client = new PrometheusClient(new PrometheusOptions { Url = Url, Timeout = TimeSpan.FromMinutes(5) }, TimeProvider.System);
    }

    public FakeTimeProvider Time { get; }

    public PrometheusClient Client { get; }

    public Uri Url => new(_app.Urls.First());

    public SimulatedCluster Cluster => _app.Services.GetRequiredService<SimulatedCluster>();

    public static async Task<RunningSimulator> StartAsync(SimulatorOptions options)
    {
        var time = new FakeTimeProvider(Noon);
        var app = SimulatorHost.Build(options, time);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, time);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
