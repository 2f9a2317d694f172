namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Training gave a loss that is not finite twice in a row (the second time from the last good weights with half the learning rate), or in its only
/// epoch. Trying again with the same input gives the same.
/// </summary>
public sealed class LstmDivergedException(string message) : Exception(message);
