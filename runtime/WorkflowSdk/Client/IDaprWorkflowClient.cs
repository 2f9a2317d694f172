using Dapr.Common;
using Dapr.Workflow.Client;

namespace Dapr.Workflow;

/// <summary>Starts workflows and steers them.</summary>
public interface IDaprWorkflowClient : IDaprClient, IAsyncDisposable
{
    /// <summary>Starts a workflow and gives its instance id; answered when its first turn is over.</summary>
    Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null);

    /// <summary>Starts a workflow at a time; a local or unspecified time is taken as local time.</summary>
    Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime);

    /// <summary>Starts a workflow at a time.</summary>
    /// <exception cref="Grpc.Core.RpcException">AlreadyExists: an instance of that id has not ended.</exception>
    Task<string> ScheduleNewWorkflowAsync(
        string name,
        string? instanceId,
        object? input,
        DateTimeOffset? startTime,
        CancellationToken cancellation = default
    );

    /// <summary>Where an instance stands; a missing one has <see cref="WorkflowState.Exists"/> false.</summary>
    Task<WorkflowState> GetWorkflowStateAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    /// <summary>Waits until an instance is no longer pending.</summary>
    Task<WorkflowState> WaitForWorkflowStartAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    /// <summary>Waits until an instance has ended.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    Task<WorkflowState> WaitForWorkflowCompletionAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    /// <summary>Raises an event at an instance; ignored where it has ended.</summary>
    Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

    /// <summary>Ends an instance and its children from outside.</summary>
    Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default);

    /// <summary>Stops an instance from going on until it is resumed.</summary>
    Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Lets a suspended instance go on.</summary>
    Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Deletes an ended instance and its children; false where nothing was deleted.</summary>
    /// <exception cref="Grpc.Core.RpcException">The instance has not ended, or the runtime knows none of that id.</exception>
    Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default);

    /// <summary>One page of all instance ids.</summary>
    Task<WorkflowInstancePage> ListInstanceIdsAsync(string? continuationToken = null, int? pageSize = null, CancellationToken cancellation = default);

    /// <summary>The history of an instance.</summary>
    Task<IReadOnlyList<WorkflowHistoryEvent>> GetInstanceHistoryAsync(string instanceId, CancellationToken cancellation = default);

    /// <summary>Runs an ended instance again from one of its events, as a new instance whose id is the result.</summary>
    Task<string> RerunWorkflowFromEventAsync(
        string sourceInstanceId,
        uint eventId,
        RerunWorkflowFromEventOptions? options = null,
        CancellationToken cancellation = default
    );
}
