namespace Dapr.Anomaly.Alerts;

/// <summary>Wakes the notifier when something new stands in the outbox.</summary>
internal sealed class OutboxSignal
{
    private readonly SemaphoreSlim _signal = new(0, 1);

    public void Raise()
    {
        if (_signal.CurrentCount == 0)
            try
            {
                _signal.Release();
            }
            catch (SemaphoreFullException)
            {
                // Raised by somebody else in between: the notifier wakes up all the same.
            }
    }

    /// <summary>Returns when raised, or after <paramref name="timeout"/>.</summary>
    public Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => _signal.WaitAsync(timeout, cancellationToken);
}
