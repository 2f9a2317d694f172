using Dapr.Anomaly.Core.Ensemble.Training;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>
/// The training set that the activities of one training share, so that its samples are decoded once in a process and not by each of them. It holds
/// one set:
/// the next training replaces it, the last step of a training drops it, and a training that ended early leaves it for ten minutes at most.
/// An activity that finds none, after a restart or in another process, loads it anew.
/// </summary>
public sealed class TrainingSetCache : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly TrainingSetLoader _loader;
    private readonly ITimer _expiry;
    private readonly Lock _lock = new();
    private (string Digest, Task<TrainingSet> Set)? _kept;

    public TrainingSetCache(TrainingSetLoader loader, TimeProvider time)
    {
        _loader = loader;
        _expiry = time.CreateTimer(_ => Drop(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc cref="TrainingSetLoader.LoadAsync"/>
    public async Task<TrainingSet> GetAsync(TrainingPlan plan, CollectedData data, CancellationToken cancellationToken)
    {
        Task<TrainingSet> set;
        lock (_lock)
        {
            // The load belongs to all who wait for it: none of them cancels it for the others. One that failed is not given to the next.
            set =
                _kept is { } kept && kept.Digest == data.Digest && !kept.Set.IsFaulted
                    ? kept.Set
                    : _loader.LoadAsync(plan, data, CancellationToken.None);
            _kept = (data.Digest, set);
            _expiry.Change(Idle, Timeout.InfiniteTimeSpan);
        }
        return await set.WaitAsync(cancellationToken);
    }

    /// <summary>Lets go of the set of a training that needs it no more.</summary>
    public void Drop(CollectedData data)
    {
        lock (_lock)
            if (_kept?.Digest == data.Digest)
                _kept = null;
    }

    public void Dispose() => _expiry.Dispose();

    private void Drop()
    {
        lock (_lock)
            _kept = null;
    }
}
