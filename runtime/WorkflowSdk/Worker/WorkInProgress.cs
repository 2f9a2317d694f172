using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Sends each work item to its runner and knows what is not finished.</summary>
internal sealed class WorkInProgress(TurnRunner turns, ActivityRunner activities, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];

    public void Start(WorkItem item, ExecutionCache kept, CancellationToken streamToken)
    {
        var work = Task.Run(() => RunAsync(item, kept, streamToken), CancellationToken.None);
        lock (_gate)
            _running.Add(work);
        _ = work.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits for what is running, at most <paramref name="patience"/>.</summary>
    public async Task DrainAsync(TimeSpan patience, TimeProvider time)
    {
        Task[] running;
        lock (_gate)
            running = [.. _running];
        try
        {
            await Task.WhenAll(running).WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            logger.LogWarning(
                "Stopping with {Count} unfinished work items; the runtime hands them out again.",
                running.Count(each => !each.IsCompleted)
            );
        }
    }

    private async Task RunAsync(WorkItem item, ExecutionCache kept, CancellationToken streamToken)
    {
        try
        {
            switch (item.RequestCase)
            {
                case WorkItem.RequestOneofCase.WorkflowRequest:
                    await turns.RunAsync(item.WorkflowRequest, item.CompletionToken, kept, streamToken);
                    break;
                case WorkItem.RequestOneofCase.ActivityRequest:
                    await activities.RunAsync(item.ActivityRequest, item.CompletionToken, streamToken);
                    break;
                default:
                    logger.LogWarning("The runtime sent a work item of a kind that this worker does not know.");
                    break;
            }
        }
        catch (OperationCanceledException) when (streamToken.IsCancellationRequested)
        {
            logger.LogDebug("A work item was given up with its stream.");
        }
        catch (RpcException failure)
        {
            logger.LogWarning(failure, "A work item could not be answered.");
        }
    }

    private void Forget(Task work)
    {
        lock (_gate)
            _running.Remove(work);
        if (work.Exception is { } failure)
            logger.LogError(failure.GetBaseException(), "A work item ended with an unexpected error.");
    }
}
