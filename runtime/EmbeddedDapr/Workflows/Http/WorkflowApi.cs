using System.Text;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Shell;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Embedded.Workflows.Http;

/// <summary>
/// The workflow API of Dapr itself (HTTP and the Dapr gRPC service) on top of the engine: its id rules and its errors. Its answers come
/// before the effect, once the request is on disk; terminate and purge take children along.
/// </summary>
internal sealed class WorkflowApi(WorkflowHost host)
{
    private const int LongestId = 64;

    private ClientOperations Clients => host.Engine.Clients;

    public async Task<string> StartAsync(string name, string instanceId, string input, Timestamp? startAt, CancellationToken cancellationToken)
    {
        var id = instanceId.Length > 0 ? instanceId : Guid.NewGuid().ToString();
        CheckId(id);
        var request = new CreateInstanceRequest
        {
            InstanceId = id,
            Name = name,
            Input = input,
            ScheduledStartTimestamp = startAt,
        };
        try
        {
            return await Clients.StartAsync(request, waitForTurn: false, cancellationToken).ConfigureAwait(false);
        }
        catch (WorkflowRefusal refusal)
        {
            throw Failed(
                "ERR_START_WORKFLOW",
                $"error starting workflow '{name}': unable to start workflow: rpc error: code = {refusal.Code} desc = {refusal.Message}"
            );
        }
    }

    public InstanceView Get(string instanceId) => Clients.Get(instanceId) ?? throw NotFound(instanceId);

    public Task RaiseAsync(string instanceId, string name, string input, CancellationToken cancellationToken) =>
        TellAsync(
            () => Clients.RaiseAsync(instanceId, name, input, cancellationToken),
            null,
            "ERR_RAISE_EVENT_WORKFLOW",
            $"error raising event on workflow '{instanceId}': failed to raise event {name} on workflow {instanceId}"
        );

    public Task TerminateAsync(string instanceId, CancellationToken cancellationToken) =>
        TellAsync(
            () => Clients.TerminateAsync(instanceId, null, recursive: true, wait: false, cancellationToken),
            instanceId,
            "ERR_TERMINATE_WORKFLOW",
            $"error terminating workflow {instanceId}: failed to terminate workflow {instanceId}"
        );

    public Task PauseAsync(string instanceId, CancellationToken cancellationToken) =>
        TellAsync(
            () => Clients.SuspendAsync(instanceId, null, wait: false, cancellationToken),
            null,
            "ERR_PAUSE_WORKFLOW",
            $"error pausing workflow {instanceId}: failed to pause workflow {instanceId}"
        );

    public Task ResumeAsync(string instanceId, CancellationToken cancellationToken) =>
        TellAsync(
            () => Clients.ResumeAsync(instanceId, null, wait: false, cancellationToken),
            null,
            "ERR_RESUME_WORKFLOW",
            $"error resuming workflow {instanceId}: failed to resume workflow {instanceId}"
        );

    public Task PurgeAsync(string instanceId, CancellationToken cancellationToken) =>
        TellAsync(
            () => Clients.PurgeAsync(instanceId, recursive: true, force: false, cancellationToken),
            instanceId,
            "ERR_PURGE_WORKFLOW",
            $"error purging workflow {instanceId}: failed to Purge workflow {instanceId}"
        );

    /// <summary>Runs a call and puts daprd's words around a refusal; unknown instances are 404 where <paramref name="missingId"/> says so.</summary>
    private static async Task TellAsync(Func<Task> call, string? missingId, string errorCode, string what)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (WorkflowRefusal refusal)
        {
            throw missingId is not null && refusal.Reason == RefusalReason.NoSuchInstance
                ? NotFound(missingId)
                : Failed(errorCode, $"{what}: {refusal.Message}");
        }
    }

    private static void CheckId(string id)
    {
        if (Encoding.UTF8.GetByteCount(id) > LongestId)
        {
            throw new DaprApiException(
                400,
                StatusCode.InvalidArgument,
                "ERR_INSTANCE_ID_TOO_LONG",
                $"workflow instance ID exceeds the max length of {LongestId} characters"
            );
        }
        if (id.EnumerateRunes().All(rune => Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_'))
            return;
        throw new DaprApiException(
            400,
            StatusCode.InvalidArgument,
            "ERR_INSTANCE_ID_INVALID",
            $"workflow instance ID '{id}' is invalid: only alphanumeric and underscore characters are allowed"
        );
    }

    private static DaprApiException NotFound(string instanceId) =>
        new(404, StatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND", $"unable to find workflow with the provided instance ID: {instanceId}");

    private static DaprApiException Failed(string errorCode, string message) => new(500, StatusCode.Internal, errorCode, message);
}
