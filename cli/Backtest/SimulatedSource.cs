using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Simulator;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>A simulated cluster whose days all lie in the past, behind the HTTP API that the product asks.</summary>
internal sealed class SimulatedSource : IAsyncDisposable
{
    /// <summary>A Monday; each seed starts at another hour of another day after it.</summary>
    private static readonly DateTimeOffset Origin = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly WebApplication _app;

    private SimulatedSource(WebApplication app, SimulatedCluster cluster, PrometheusClient client, DateTimeOffset from, DateTimeOffset to) =>
        (_app, Cluster, Client, From, To) = (app, cluster, client, from, to);

    public SimulatedCluster Cluster { get; }

    public PrometheusClient Client { get; }

    /// <summary>First instant that is scored.</summary>
    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    public static DateTimeOffset StartOf(int seed) => Origin + TimeSpan.FromHours((uint)seed * 31 % 168);

    public static async Task<SimulatedSource> StartAsync(BacktestOptions options, int seed, CancellationToken cancellationToken)
    {
        var from = StartOf(seed);
        var to = from + options.Span;
        var app = SimulatorHost.Build(
            new SimulatorOptions
            {
                Seed = seed,
                Workloads = options.Workloads,
                History = options.Scheduler.FitWindow + options.Span,
                Step = options.Step,
                QuietStart = false,
            },
            new SimulatedTime(to)
        );
        await app.StartAsync(cancellationToken);
        var cluster = app.Services.GetRequiredService<SimulatedCluster>();
        if (options.Faults)
            cluster.InjectCatalogue(from, to);
        var client = new PrometheusClient(
            new PrometheusOptions { Url = new(app.Urls.First()), Timeout = TimeSpan.FromMinutes(5) },
            TimeProvider.System
        );
        return new(app, cluster, client, from, to);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
