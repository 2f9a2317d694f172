using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// Keeps telling MLflow what waits: at once after a write, every 10 seconds for other processes' writes, and with growing pauses (to 5 minutes) while
/// the server is away.
/// </summary>
internal sealed class RegistryReplayer : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(5);

    private readonly MirroredRegistry _registry;
    private readonly Outbox _outbox;
    private readonly OutboxReplay? _replay;
    private readonly TimeProvider _time;
    private readonly ILogger<RegistryReplayer> _logger;

    public RegistryReplayer(
        MirroredRegistry registry,
        Outbox outbox,
        OutboxReplay? replay,
        ServiceMetrics metrics,
        TimeProvider time,
        ILogger<RegistryReplayer> logger
    )
    {
        (_registry, _outbox, _replay, _time, _logger) = (registry, outbox, replay, time, logger);
        var pending = metrics.Factory.CreateGauge(
            MetricNames.RegistryPending,
            "Operations of the model registry that MLflow has not been told yet; 0 when no server is named."
        );
        if (replay is not null)
            metrics.Registry.AddBeforeCollectCallback(async cancellationToken => pending.Set(await registry.PendingAsync(cancellationToken)));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_replay is null)
            return;
        var pause = Look;
        while (true)
        {
            try
            {
                await _replay.RunAsync(stoppingToken);
                pause = Look;
                await _outbox.WaitAsync(Look, stoppingToken);
            }
            catch (MlflowException e)
            {
                _logger.LogWarning(
                    "{Message}; {Pending} operations wait, next try in {Seconds:0} s",
                    e.Message,
                    await _registry.PendingAsync(stoppingToken),
                    pause.TotalSeconds
                );
                await Task.Delay(pause, _time, stoppingToken);
                pause = pause * 2 > MaxPause ? MaxPause : pause * 2;
            }
        }
    }
}
