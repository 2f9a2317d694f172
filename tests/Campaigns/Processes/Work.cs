namespace Dapr.Anomaly.Campaigns.Tests.Processes;

/// <summary>
/// The work that killed processes do, as it can be seen from outside. After a kill none goes on until something is done again, so that what is
/// tried in vain while processes start is not taken for work.
/// </summary>
internal sealed class Work
{
    private volatile TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool goesOn;

    /// <summary>Something was done: a call was answered, an activity or a delivery began or ended.</summary>
    public void Done()
    {
        goesOn = true;
        Beat();
    }

    /// <summary>Something is about to begin: it counts while work goes on.</summary>
    public void Begin()
    {
        if (goesOn)
            Beat();
    }

    /// <summary>A process was killed.</summary>
    public void Stop() => goesOn = false;

    /// <summary>Waits until something is done, at most <paramref name="patience"/>; false when nothing was.</summary>
    public async Task<bool> NextAsync(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        var beat = next.Task;
        await beat.WaitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return beat.IsCompleted;
    }

    private void Beat() => Interlocked.Exchange(ref next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
