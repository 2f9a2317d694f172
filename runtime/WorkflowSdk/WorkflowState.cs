using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Proto = Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow;

/// <summary>What the runtime says of one instance.</summary>
public sealed class WorkflowState
{
    private readonly Proto.WorkflowState? _state;
    private readonly IDaprSerializer _serializer;

    internal WorkflowState(Proto.WorkflowState? state, IDaprSerializer serializer)
    {
        _state = state;
        _serializer = serializer;
    }

    /// <summary>The workflow's name; null or empty where the instance is missing or has not begun.</summary>
    public string? WorkflowName => _state?.Name;

    /// <summary>Whether there is such an instance.</summary>
    public bool Exists => _state is not null;

    /// <summary>Whether it runs now.</summary>
    public bool IsWorkflowRunning => RuntimeStatus == WorkflowRuntimeStatus.Running;

    /// <summary>Whether it ended: completed, failed or terminated.</summary>
    public bool IsWorkflowCompleted =>
        RuntimeStatus is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated;

    /// <summary>When it was started; the default where unknown.</summary>
    public DateTimeOffset CreatedAt => _state?.CreatedTimestamp?.ToDateTimeOffset() ?? default;

    /// <summary>When its history last grew; the default where unknown.</summary>
    public DateTimeOffset LastUpdatedAt => _state?.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default;

    /// <summary>Where it stands.</summary>
    public WorkflowRuntimeStatus RuntimeStatus => _state is null ? WorkflowRuntimeStatus.Unknown : (WorkflowRuntimeStatus)(int)_state.WorkflowStatus;

    /// <summary>Why it failed; only where inputs and outputs were asked for.</summary>
    public WorkflowTaskFailureDetails? FailureDetails => _state?.FailureDetails is { } details ? ProtoConversions.ToFailureDetails(details) : null;

    /// <summary>The input; the default where there is none or it was not asked for.</summary>
    public T? ReadInputAs<T>() => Read<T>(_state?.Input);

    /// <summary>The result; the default where there is none or it was not asked for.</summary>
    public T? ReadOutputAs<T>() => Read<T>(_state?.Output);

    /// <summary>The custom status; the default where there is none or it was not asked for.</summary>
    public T? ReadCustomStatusAs<T>() => Read<T>(_state?.CustomStatus);

    private T? Read<T>(string? text) => string.IsNullOrEmpty(text) ? default : _serializer.Deserialize<T>(text);
}
