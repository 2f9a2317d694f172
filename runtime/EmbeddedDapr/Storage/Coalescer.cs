namespace Dapr.Embedded.Storage;

/// <summary>
/// Gathers what comes while a write is under way, and during a pause before it, and writes it in one go; each caller's task ends with its
/// own write.
/// </summary>
internal sealed class Coalescer<T>(Func<IReadOnlyList<T>, Task> write, Func<Task> pause)
{
    private readonly Lock gate = new();
    private List<T> waiting = [];
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task running = Task.CompletedTask;
    private bool isRunning;

    public Task AddAsync(IReadOnlyList<T> items)
    {
        lock (gate)
        {
            waiting.AddRange(items);
            var mine = next.Task;
            if (!isRunning)
            {
                isRunning = true;
                running = Task.Run(RunAsync);
            }
            return mine;
        }
    }

    /// <summary>Ends when nothing waits any more.</summary>
    public Task IdleAsync()
    {
        lock (gate)
            return running;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await pause().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            List<T> batch;
            TaskCompletionSource done;
            lock (gate)
            {
                if (waiting.Count == 0)
                {
                    isRunning = false;
                    return;
                }
                (batch, waiting) = (waiting, []);
                (done, next) = (next, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            try
            {
                await write(batch).ConfigureAwait(false);
                done.SetResult();
            }
            catch (Exception error)
            {
                done.SetException(error);
                // A caller that does not wait (a settlement) must not bring the process down; it looks at the log.
                _ = done.Task.Exception;
            }
        }
    }
}
