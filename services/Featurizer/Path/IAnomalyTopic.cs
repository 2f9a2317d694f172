using Dapr.Anomaly.Platform.Messages;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>Who is told of the scores that matter.</summary>
internal interface IAnomalyTopic
{
    /// <exception cref="DaprException">The broker did not take the batch.</exception>
    Task PublishAsync(AnomalyBatchV1 batch, CancellationToken cancellationToken);
}

/// <summary>The topic that the incident tracker listens to.</summary>
internal sealed class AnomalyTopic(DaprClient dapr) : IAnomalyTopic
{
    /// <inheritdoc/>
    public Task PublishAsync(AnomalyBatchV1 batch, CancellationToken cancellationToken) =>
        dapr.PublishEventAsync(Topics.PubSub, Topics.Anomalies, batch, cancellationToken);
}
