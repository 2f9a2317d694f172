namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>Remembers the best weights and decides when training ends.</summary>
internal sealed class EpochSchedule(int patience)
{
    private readonly List<LstmEpoch> _epochs = [];
    private double _bestLoss = double.PositiveInfinity;
    private int _sinceBest;
    private bool _divergedBefore;

    public IReadOnlyList<LstmEpoch> Epochs => _epochs;

    /// <summary>Weights of the best epoch; null before the first.</summary>
    public float[]? Best { get; private set; }

    public int BestEpoch { get; private set; }

    public bool Stopped => _sinceBest >= patience;

    public void Finished(LstmEpoch epoch, ReadOnlySpan<float> parameters)
    {
        _epochs.Add(epoch);
        _divergedBefore = false;
        _sinceBest++;
        if (!(epoch.ValidationLoss < _bestLoss))
            return;
        _bestLoss = epoch.ValidationLoss;
        _sinceBest = 0;
        Best = parameters.ToArray();
        BestEpoch = epoch.Epoch;
    }

    /// <summary>Notes a loss that is not finite; true when it is the second in a row.</summary>
    public bool Diverged()
    {
        var twice = _divergedBefore;
        _divergedBefore = true;
        return twice;
    }
}
