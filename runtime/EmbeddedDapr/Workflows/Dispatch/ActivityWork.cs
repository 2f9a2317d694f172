using Dapr.DurableTask.Protobuf;

namespace Dapr.Embedded.Workflows.Dispatch;

/// <summary>An activity that waits for a worker or is out at one.</summary>
internal sealed class ActivityWork(ActivityRequest request, int generation)
{
    public ActivityRequest Request => request;

    public string InstanceId => request.WorkflowInstance.InstanceId;

    public int TaskId => request.TaskId;

    /// <summary>Generation of the instance that scheduled it.</summary>
    public int Generation => generation;

    /// <summary>Scheduled by the very turn that ended its instance: it still runs, and nobody takes its result.</summary>
    public bool Orphan { get; init; }

    /// <summary>Set for an activity of another app's workflow: who gets the answer.</summary>
    public TaskCompletionSource<ActivityResponse>? Caller { get; init; }

    /// <summary>No longer wanted: dropped instead of handed out.</summary>
    public bool Cancelled { get; set; }

    /// <summary>The stream that it went out on, null while it waits.</summary>
    public WorkerStream? Stream { get; set; }

    public string Token { get; set; } = "";

    /// <summary>Grows with every item that goes out.</summary>
    public long Order { get; set; }

    public static ActivityRequest RequestOf(string instanceId, HistoryEvent scheduled) =>
        new()
        {
            Name = scheduled.TaskScheduled.Name,
            Version = scheduled.TaskScheduled.Version,
            Input = scheduled.TaskScheduled.Input,
            WorkflowInstance = new WorkflowInstance { InstanceId = instanceId },
            TaskId = scheduled.EventId,
            ParentTraceContext = scheduled.TaskScheduled.ParentTraceContext,
            TaskExecutionId = scheduled.TaskScheduled.TaskExecutionId,
        };
}
