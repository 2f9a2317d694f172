using System.Collections.Concurrent;

namespace Dapr.Anomaly.Alerts;

/// <summary>Wakes the routes when something new waits for them.</summary>
internal sealed class OutboxSignal
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _signals = [];

    public void Raise()
    {
        foreach (var signal in _signals.Values)
            if (signal.CurrentCount == 0)
                try
                {
                    signal.Release();
                }
                catch (SemaphoreFullException)
                {
                    // Raised by somebody else in between: the route wakes up all the same.
                }
    }

    /// <summary>Returns when raised, or after <paramref name="timeout"/>.</summary>
    public Task WaitAsync(string route, TimeSpan timeout, CancellationToken cancellationToken) =>
        _signals.GetOrAdd(route, _ => new(0, 1)).WaitAsync(timeout, cancellationToken);
}
