namespace Dapr.Workflow.Worker.Replay;

/// <summary>
/// The thread that plays a turn. All workflow code runs on it: completions run their continuations inline, and no synchronization
/// context is current, so that this holds for <c>ConfigureAwait(false)</c> too. Code that calls its context from elsewhere awaited
/// something the context did not make.
/// </summary>
internal sealed class ReplayThread
{
    private const int Nobody = 0;
    private volatile int _owner = Nobody;
    private volatile bool _wasLeft;

    /// <summary>Whether the context was called from another thread.</summary>
    public bool WasLeft => _wasLeft;

    /// <summary>From here to <see cref="Leave"/> a turn is played on the calling thread; between turns no thread may run the code.</summary>
    public void Enter() => _owner = Environment.CurrentManagedThreadId;

    public void Leave() => _owner = Nobody;

    /// <summary>Refuses calls from other threads.</summary>
    public void Ensure(string workflowName)
    {
        if (Environment.CurrentManagedThreadId == _owner)
            return;
        _wasLeft = true;
        throw ForeignTask(workflowName);
    }

    public static NonDeterministicWorkflowException ForeignTask(string workflowName) =>
        new(
            $"Workflow '{workflowName}' awaits a task that its context did not make (Task.Run, Task.Delay, Task.Yield, I/O, a semaphore). "
                + "Such work belongs in an activity; for parallel calls use ProcessInParallelAsync or Task.WhenAll."
        );
}
