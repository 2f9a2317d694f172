namespace Dapr.Workflow.Worker;

/// <summary>
/// So many work items at a time, first come first served. Unlike a semaphore's, a wait costs nothing while there is room and little
/// otherwise: it is not cancelled, since slots are given back also when a stream is lost.
/// </summary>
internal sealed class Slots(int count)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _free = count;

    public ValueTask TakeAsync()
    {
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return ValueTask.CompletedTask;
            }

            TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter);
            return new ValueTask(waiter.Task);
        }
    }

    public void GiveBack()
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
                _free++;
        }

        next?.SetResult();
    }
}
