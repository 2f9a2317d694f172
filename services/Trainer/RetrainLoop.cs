using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Trainer;

/// <summary>
/// Looks every fifteen seconds whether a scheduler is due. A loop, and not a cron binding: only code can count from the last training that was
/// completed,
/// and a binding would be one more file that has to agree with the configuration. Nothing ends it but the end of the service: what fails is logged,
/// counted and tried again.
/// </summary>
internal sealed class RetrainLoop(Retrainer retrainer, ServiceMetrics metrics, LoopHost host, ILogger<RetrainLoop> logger)
    : ServiceLoop("retraining", host)
{
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(15);

    private readonly Counter _checks = metrics.Factory.CreateCounter(
        MetricNames.ScheduledTrainings,
        "Looks at the schedulers that started a training (started) or could not be taken (failed).",
        "result"
    );

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken);
        await Task.Delay(Poll, Time, cancellationToken);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await retrainer.StartDueAsync(cancellationToken) is not null)
                _checks.WithLabels("started").Inc();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _checks.WithLabels("failed").Inc();
            logger.LogWarning("schedulers: {Message}; looked at again in {Poll}", (e.InnerException ?? e).Message, Poll);
        }
    }
}
