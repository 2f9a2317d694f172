namespace Dapr.Anomaly.Core.Incidents;

/// <summary>Where a batch of scores comes from. The batches of one source are in time order; those of different sources come in any order.</summary>
/// <param name="Part">Which of the messages of one collection, when the shard is too large for one.</param>
public readonly record struct BatchSource(int Shard, int Part);
