namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Pub/sub names that every part agrees on. The component is called <c>pubsub</c> in every environment; only its backend differs.</summary>
public static class Topics
{
    public const string PubSub = "pubsub";

    /// <summary>Scored samples worth a look: <see cref="AnomalyBatchV1"/>.</summary>
    public const string Anomalies = "anomalies";

    /// <summary>Incidents as they open, change and resolve: <see cref="IncidentV1"/>.</summary>
    public const string Incidents = "incidents";

    /// <summary>A model became champion: <see cref="ModelDeployedV1"/>.</summary>
    public const string ModelDeployed = "model-deployed";

    /// <summary>Messages that can never be handled, with their reason: <see cref="DeadLetterV1"/>; and those of the broker whose handling failed too often.</summary>
    public const string DeadLetters = "dead-letters";

    /// <summary>Samples of one shard: <see cref="MetricBatch"/>.</summary>
    public static string MetricBatches(int shard) => $"metric-batches-{shard}";
}
