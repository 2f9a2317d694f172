using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProtoState = Dapr.DurableTask.Protobuf.WorkflowState;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>What clients see of an instance: a snapshot that is shown once everything in it is on disk.</summary>
internal sealed record InstanceView(
    string InstanceId,
    OrchestrationStatus Status,
    HistoryEvent Start,
    Timestamp? StartedAt,
    Timestamp LastUpdated,
    string? CustomStatus,
    string? VersionName,
    HistoryEvent? Completed,
    ReadOnlyMemory<byte> History,
    int Generation,
    int Turns,
    long TakenCount
)
{
    public bool IsOver => Completed is not null;

    public static InstanceView Of(InstanceState state) =>
        new(
            state.InstanceId,
            StatusOf(state),
            state.Start!,
            state.StartedAt,
            state.LastUpdated ?? state.Start!.Timestamp,
            state.CustomStatus,
            state.VersionName,
            state.Completed,
            state.History.Snapshot,
            state.Generation,
            state.Turns,
            state.TakenCount
        );

    /// <param name="payloads">False leaves out input, output, custom status and failure, as clients expect it.</param>
    public ProtoState ToProto(bool payloads)
    {
        var start = Start.ExecutionStarted;
        var proto = new ProtoState
        {
            InstanceId = InstanceId,
            Name = start.Name,
            Version = VersionName,
            WorkflowStatus = Status,
            CreatedTimestamp = Start.Timestamp,
            LastUpdatedTimestamp = LastUpdated,
            StartedAt = StartedAt,
            ScheduledStartTimestamp = start.ScheduledStartTimestamp,
            ExecutionId = start.WorkflowInstance?.ExecutionId,
            CompletedTimestamp = Completed?.Timestamp,
            ParentInstanceId = start.ParentInstance?.WorkflowInstance?.InstanceId,
            ParentAppId = start.ParentInstance is { HasAppID: true } parent ? parent.AppID : null,
        };
        if (!payloads)
            return proto;
        proto.Input = start.Input;
        proto.Output = Completed?.ExecutionCompleted.Result;
        proto.CustomStatus = CustomStatus;
        proto.FailureDetails = Completed?.ExecutionCompleted.FailureDetails;
        return proto;
    }

    private static OrchestrationStatus StatusOf(InstanceState state)
    {
        if (state.Completed is { } end)
            return end.ExecutionCompleted.WorkflowStatus;
        if (state.Stalled is not null)
            return OrchestrationStatus.Stalled;
        if (state.Suspended)
            return OrchestrationStatus.Suspended;
        return state is { Generation: 1, Turns: 0 } ? OrchestrationStatus.Pending : OrchestrationStatus.Running;
    }
}
