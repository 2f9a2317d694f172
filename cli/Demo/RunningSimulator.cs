using Dapr.Anomaly.Simulator;
using Dapr.Anomaly.Simulator.Cluster;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>The simulated cluster of a demo.</summary>
internal sealed class RunningSimulator : IAsyncDisposable
{
    /// <summary>Short enough that the second sample after a fault is well within the half minute that the demo asserts.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly SimulatedCluster _cluster;

    private RunningSimulator(WebApplication app, int seed)
    {
        _app = app;
        _cluster = app.Services.GetRequiredService<SimulatedCluster>();
        Url = new Uri(app.Urls.First());
        Description = $"simulated cluster \"boutique\" ({_cluster.Workloads.Count} workloads, seed {seed}, 14 days of history)";
    }

    public Uri Url { get; }

    public string Description { get; }

    public static async Task<RunningSimulator> StartAsync(int seed, TimeProvider time, CancellationToken cancellationToken)
    {
        var app = SimulatorHost.Build(new SimulatorOptions { Seed = seed, Step = Step }, time);
        await app.StartAsync(cancellationToken);
        return new(app, seed);
    }

    public void Inject(FaultKind kind, string workload, TimeSpan duration) => _cluster.Inject(kind, workload, duration, null);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
