using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>What the loops of a service share, and where their health is known.</summary>
public sealed class LoopHost(DaprGate gate, ServiceMetrics metrics, TimeProvider time, ILogger<LoopHost> logger)
{
    private readonly Lock _lock = new();
    private readonly List<LoopState> _loops = [];
    private readonly Counter _failures = metrics.Factory.CreateCounter(
        MetricNames.LoopFailures,
        "Passes of a background loop that failed; each is tried again.",
        "loop"
    );
    private readonly Gauge _up = metrics.Factory.CreateGauge(MetricNames.LoopUp, "1 while the last pass of a background loop worked.", "loop");

    internal DaprGate Gate => gate;

    internal TimeProvider Time => time;

    internal ILogger Logger => logger;

    /// <summary>The loops whose last pass failed.</summary>
    public IReadOnlyList<LoopDown> Down
    {
        get
        {
            lock (_lock)
                return [.. _loops.Select(l => l.Down).OfType<LoopDown>()];
        }
    }

    internal LoopState Add(string name)
    {
        var state = new LoopState(name, _failures.WithLabels(name), _up.WithLabels(name), time, logger);
        lock (_lock)
            _loops.Add(state);
        return state;
    }
}
