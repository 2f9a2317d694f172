using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Grpc.Core;

namespace Dapr.Workflow.Client;

/// <summary>
/// Reads and awaits states. A wait may outlive a connection or a runtime: it is asked again until the caller gives up. daprd 1.18.2 says
/// UNKNOWN "missing from state store" for a moment while a turn is written; that is asked again too.
/// </summary>
internal sealed class StateReader(TaskHubSidecarService.TaskHubSidecarServiceClient hub, IDaprSerializer serializer, TimeProvider time)
{
    private const int ReadAttempts = 6;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(15);

    public async Task<WorkflowState> GetAsync(string id, bool withPayloads, CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return ToState(await hub.GetInstanceAsync(Ask(id, withPayloads), cancellationToken: cancellationToken));
            }
            catch (RpcException failure) when (attempt < ReadAttempts && IsHalfWritten(failure))
            {
                await Task.Delay(delay, time, cancellationToken);
                delay *= 2;
            }
        }
    }

    public async Task<WorkflowState> WaitForStartAsync(string id, bool withPayloads, CancellationToken cancellationToken) =>
        ToState(await WaitAsync(() => hub.WaitForInstanceStartAsync(Ask(id, withPayloads), cancellationToken: cancellationToken), cancellationToken));

    public async Task<WorkflowState> WaitForCompletionAsync(string id, bool withPayloads, CancellationToken cancellationToken)
    {
        var ended = await WaitAsync(
            () => hub.WaitForInstanceCompletionAsync(Ask(id, false), cancellationToken: cancellationToken),
            cancellationToken
        );
        if (!ended.Exists)
            throw new InvalidOperationException($"There is no workflow instance '{id}'.");
        return withPayloads ? await GetAsync(id, withPayloads: true, cancellationToken) : ToState(ended);
    }

    private static GetInstanceRequest Ask(string id, bool withPayloads) => new() { InstanceId = id, GetInputsAndOutputs = withPayloads };

    private static bool IsHalfWritten(RpcException failure) =>
        failure.StatusCode == StatusCode.Unknown && failure.Status.Detail.Contains("missing from state store", StringComparison.Ordinal);

    /// <summary>Channels may be set to turn a deadline into an <see cref="OperationCanceledException"/>.</summary>
    private static bool IsPassing(Exception failure) =>
        failure switch
        {
            RpcException { StatusCode: StatusCode.DeadlineExceeded or StatusCode.Unavailable } => true,
            RpcException rpc => IsHalfWritten(rpc),
            _ => failure is OperationCanceledException,
        };

    private async Task<GetInstanceResponse> WaitAsync(Func<AsyncUnaryCall<GetInstanceResponse>> ask, CancellationToken cancellationToken)
    {
        for (var delay = FirstDelay; ; delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay)
        {
            try
            {
                return await ask();
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested && IsPassing(failure))
            {
                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }

    private WorkflowState ToState(GetInstanceResponse response) => new(response.Exists ? response.WorkflowState : null, serializer);
}
