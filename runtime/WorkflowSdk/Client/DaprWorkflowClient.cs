using System.Diagnostics;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Client;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow;

/// <inheritdoc cref="IDaprWorkflowClient"/>
public sealed class DaprWorkflowClient : IDaprWorkflowClient
{
    private readonly TaskHubSidecarService.TaskHubSidecarServiceClient _hub;
    private readonly IDaprSerializer _serializer;
    private readonly StateReader _states;
    private readonly IDisposable? _ownConnection;

    internal DaprWorkflowClient(
        TaskHubSidecarService.TaskHubSidecarServiceClient hub,
        IDaprSerializer serializer,
        TimeProvider time,
        IDisposable? ownConnection
    )
    {
        _hub = hub;
        _serializer = serializer;
        _states = new StateReader(hub, serializer, time);
        _ownConnection = ownConnection;
    }

    /// <inheritdoc/>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, default(DateTimeOffset?), CancellationToken.None);

    /// <inheritdoc/>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, startTime is { } time ? new DateTimeOffset(time) : null, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<string> ScheduleNewWorkflowAsync(
        string name,
        string? instanceId,
        object? input,
        DateTimeOffset? startTime,
        CancellationToken cancellation = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        CreateInstanceRequest request = new()
        {
            Name = name,
            InstanceId = string.IsNullOrEmpty(instanceId) ? Guid.NewGuid().ToString("N") : instanceId,
            Input = Write(input),
            ScheduledStartTimestamp = startTime is { } time ? Timestamp.FromDateTimeOffset(time) : null,
        };
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent } activity)
            request.ParentTraceContext = new TraceContext { TraceParent = traceParent, TraceState = activity.TraceStateString };
        return (await _hub.StartInstanceAsync(request, cancellationToken: cancellation)).InstanceId;
    }

    /// <inheritdoc/>
    public Task<WorkflowState> GetWorkflowStateAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        _states.GetAsync(Id(instanceId), getInputsAndOutputs, cancellation);

    /// <inheritdoc/>
    public Task<WorkflowState> WaitForWorkflowStartAsync(
        string instanceId,
        bool getInputsAndOutputs = true,
        CancellationToken cancellation = default
    ) => _states.WaitForStartAsync(Id(instanceId), getInputsAndOutputs, cancellation);

    /// <inheritdoc/>
    public Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId,
        bool getInputsAndOutputs = true,
        CancellationToken cancellation = default
    ) => _states.WaitForCompletionAsync(Id(instanceId), getInputsAndOutputs, cancellation);

    /// <inheritdoc/>
    public async Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        RaiseEventRequest request = new()
        {
            InstanceId = Id(instanceId),
            Name = eventName,
            Input = Write(eventPayload),
        };
        await _hub.RaiseEventAsync(request, cancellationToken: cancellation);
    }

    /// <inheritdoc/>
    public async Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default)
    {
        TerminateRequest request = new()
        {
            InstanceId = Id(instanceId),
            Output = Write(output),
            Recursive = true,
        };
        await _hub.TerminateInstanceAsync(request, cancellationToken: cancellation);
    }

    /// <inheritdoc/>
    public async Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        SuspendRequest request = new() { InstanceId = Id(instanceId), Reason = reason ?? "" };
        await _hub.SuspendInstanceAsync(request, cancellationToken: cancellation);
    }

    /// <inheritdoc/>
    public async Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ResumeRequest request = new() { InstanceId = Id(instanceId), Reason = reason ?? "" };
        await _hub.ResumeInstanceAsync(request, cancellationToken: cancellation);
    }

    /// <inheritdoc/>
    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        PurgeInstancesRequest request = new() { InstanceId = Id(instanceId), Recursive = true };
        return (await _hub.PurgeInstancesAsync(request, cancellationToken: cancellation)).DeletedInstanceCount > 0;
    }

    /// <inheritdoc/>
    public async Task<WorkflowInstancePage> ListInstanceIdsAsync(
        string? continuationToken = null,
        int? pageSize = null,
        CancellationToken cancellation = default
    )
    {
        ListInstanceIDsRequest request = new();
        if (continuationToken is not null)
            request.ContinuationToken = continuationToken;
        if (pageSize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(pageSize));
            request.PageSize = (uint)size;
        }

        var page = await _hub.ListInstanceIDsAsync(request, cancellationToken: cancellation);
        return new WorkflowInstancePage([.. page.InstanceIds], page.HasContinuationToken ? page.ContinuationToken : null);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WorkflowHistoryEvent>> GetInstanceHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        GetInstanceHistoryRequest request = new() { InstanceId = Id(instanceId) };
        var history = await _hub.GetInstanceHistoryAsync(request, cancellationToken: cancellation);
        return
        [
            .. history.Events.Select(each => new WorkflowHistoryEvent(
                each.EventId,
                HistoryEventTypes.Of(each.EventTypeCase),
                each.Timestamp?.ToDateTime() ?? default
            )),
        ];
    }

    /// <inheritdoc/>
    public async Task<string> RerunWorkflowFromEventAsync(
        string sourceInstanceId,
        uint eventId,
        RerunWorkflowFromEventOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        RerunWorkflowFromEventRequest request = new() { SourceInstanceID = Id(sourceInstanceId), EventID = eventId };
        if (!string.IsNullOrEmpty(options?.NewInstanceId))
            request.NewInstanceID = options.NewInstanceId;
        if (options is { OverwriteInput: true })
        {
            request.OverwriteInput = true;
            request.Input = Write(options.Input);
        }

        return (await _hub.RerunWorkflowFromEventAsync(request, cancellationToken: cancellation)).NewInstanceID;
    }

    /// <summary>Closes the connection where the client was built with one of its own.</summary>
    public void Dispose() => _ownConnection?.Dispose();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Id(string instanceId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        return instanceId;
    }

    private string Write(object? value) => _serializer.Serialize(value, value?.GetType());
}
