namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>A trained quantile LSTM and how it came about.</summary>
/// <param name="Network">Weights of the epoch with the best validation loss.</param>
/// <param name="Seed">Seed of the draws; the same seed and set give the same weights on the same machine.</param>
/// <param name="Epochs">Every finished epoch, in order.</param>
/// <param name="BestEpoch">1-based number of the epoch that was kept.</param>
/// <param name="TrainingWindows">Windows learned from.</param>
/// <param name="ValidationWindows">Windows of the newest part, never learned from.</param>
/// <param name="Series">Series that gave windows.</param>
public sealed record FittedLstm(
    LstmNetwork Network,
    ulong Seed,
    IReadOnlyList<LstmEpoch> Epochs,
    int BestEpoch,
    int TrainingWindows,
    int ValidationWindows,
    int Series
)
{
    /// <summary>Validation loss of the kept epoch.</summary>
    public double ValidationLoss => Epochs.First(e => e.Epoch == BestEpoch).ValidationLoss;
}
