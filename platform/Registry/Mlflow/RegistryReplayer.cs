using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// Keeps telling MLflow what waits: at once after a write, every 10 seconds for other processes' writes, and with growing pauses (to 5 minutes) while
/// the server is away.
/// </summary>
internal sealed class RegistryReplayer : ServiceLoop
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(5);

    private readonly MirroredRegistry _registry;
    private readonly Outbox _outbox;
    private readonly OutboxReplay? _replay;
    private readonly ILogger<RegistryReplayer> _logger;
    private TimeSpan _pause = Look;

    public RegistryReplayer(
        MirroredRegistry registry,
        Outbox outbox,
        OutboxReplay? replay,
        ServiceMetrics metrics,
        LoopHost host,
        ILogger<RegistryReplayer> logger
    )
        : base("registry", host)
    {
        (_registry, _outbox, _replay, _logger) = (registry, outbox, replay, logger);
        var pending = metrics.Factory.CreateGauge(
            MetricNames.RegistryPending,
            "Operations of the model registry that MLflow has not been told yet; 0 when no server is named."
        );
        if (replay is not null)
            metrics.Registry.AddBeforeCollectCallback(async cancellationToken => pending.Set(await registry.PendingAsync(cancellationToken)));
    }

    /// <summary>Needs no sidecar.</summary>
    protected override Task BeginAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        if (_replay is null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, cancellationToken);
            return;
        }
        try
        {
            await _replay.RunAsync(cancellationToken);
            _pause = Look;
            await _outbox.WaitAsync(Look, cancellationToken);
        }
        catch (MlflowException e)
        {
            _logger.LogWarning(
                "{Message}; {Pending} operations wait, next try in {Seconds:0} s",
                e.Message,
                await _registry.PendingAsync(cancellationToken),
                _pause.TotalSeconds
            );
            await Task.Delay(_pause, Time, cancellationToken);
            _pause = _pause * 2 > MaxPause ? MaxPause : _pause * 2;
        }
    }
}
