namespace Dapr.Embedded.Workflows.Shell;

/// <summary>
/// What clients' calls do while no worker is connected: they wait for one, as with daprd, where an app without a worker has no workflow actors.
/// </summary>
internal sealed class WorkerPresence(EngineCore core)
{
    /// <summary>
    /// How long a call about an instance waits. daprd refuses it after five seconds; the worker of Dapr.Workflow comes back five seconds after
    /// its stream was lost, so here such a call waits a little longer and is delivered instead of refused.
    /// </summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long a start that waited is held back once a worker is there. A client that gave up before leaves nothing behind, and the end of its
    /// connection and the worker's arrival come over two connections: the later one may be seen first. daprd takes half a second here.
    /// </summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(250);

    /// <summary>Completes when a start may be stored: at once with a worker, else when one has come and the client still waits.</summary>
    public async Task ForStartAsync(CancellationToken cancellationToken)
    {
        var connected = Connected();
        if (connected.IsCompleted)
            return;
        await connected.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Task.Delay(Settling, core.Time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when a worker is connected.</summary>
    /// <exception cref="WorkflowRefusal">None came.</exception>
    public async Task ForInstanceAsync(string instanceId, CancellationToken cancellationToken)
    {
        try
        {
            await Connected().WaitAsync(Wait, core.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new WorkflowRefusal(
                RefusalReason.NoWorker,
                $"did not find address for actor {core.AppId}/{instanceId}: no workflow worker is connected to this sidecar"
            );
        }
    }

    private Task Connected()
    {
        lock (core.Gate)
            return core.Dispatcher.Connected;
    }
}
