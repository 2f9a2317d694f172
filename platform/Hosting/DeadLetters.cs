using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Client;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>Puts aside messages that can never be handled: told once with the reason, counted, kept on the dead-letter topic, and acknowledged, so that nothing waits behind them.</summary>
public sealed class DeadLetters(DaprClient dapr, AppIdentity app, ServiceMetrics metrics, TimeProvider time, ILogger<DeadLetters> logger)
{
    private readonly Counter _refused = metrics.Factory.CreateCounter(MetricNames.RefusedMessages, "Messages that can never be handled.", "topic");

    /// <exception cref="DaprException">The broker did not take it; then the message comes again.</exception>
    public async Task PutAsync(string topic, string reason, string? contentType, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        _refused.WithLabels(topic).Inc();
        logger.LogWarning("topic {Topic}: a message is refused and kept on topic {DeadLetters}: {Reason}", topic, Topics.DeadLetters, reason);
        var kept = content[..Math.Min(content.Length, DeadLetterV1.MaxContentBytes)].ToArray();
        await dapr.PublishEventAsync(
            Topics.PubSub,
            Topics.DeadLetters,
            new DeadLetterV1(app.AppId, topic, reason, time.GetUtcNow(), contentType, kept),
            cancellationToken
        );
    }
}
