namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>One pass over the training windows.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="Epochs">Most that will be made.</param>
/// <param name="TrainingLoss">Pinball loss summed over levels, mean over windows and horizons, in window scales, while the weights moved.</param>
/// <param name="ValidationLoss">The same over the newest windows, after the epoch.</param>
/// <param name="LearningRate">At the end of the epoch.</param>
public readonly record struct LstmEpoch(int Epoch, int Epochs, double TrainingLoss, double ValidationLoss, double LearningRate);
