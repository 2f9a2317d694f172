namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Open while the app may be given events; closed while it is unhealthy.</summary>
internal sealed class DeliveryGate
{
    private volatile TaskCompletionSource open = Opened();

    public bool IsOpen => open.Task.IsCompleted;

    public Task WaitOpenAsync(CancellationToken cancellationToken)
    {
        var task = open.Task;
        return task.IsCompleted && !cancellationToken.IsCancellationRequested ? Task.CompletedTask : task.WaitAsync(cancellationToken);
    }

    public void Set(bool isOpen)
    {
        if (isOpen)
            open.TrySetResult();
        else if (open.Task.IsCompleted)
            open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        opened.SetResult();
        return opened;
    }
}
