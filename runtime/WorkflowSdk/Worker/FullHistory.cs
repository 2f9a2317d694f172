using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Gets the whole committed history of an instance from the runtime.</summary>
internal sealed class FullHistory(TaskHubSidecarService.TaskHubSidecarServiceClient hub, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<HistoryEvent>> ReadAsync(string instanceId, CancellationToken cancellationToken) =>
        (await hub.GetInstanceHistoryAsync(new GetInstanceHistoryRequest { InstanceId = instanceId }, cancellationToken: cancellationToken)).Events;

    /// <summary>
    /// The first <paramref name="count"/> events, asked for until the runtime has them: a turn must not be played on less. An instance
    /// that is unknown by now has no turn any more.
    /// </summary>
    /// <exception cref="RpcException">The runtime refuses.</exception>
    public async Task<IReadOnlyList<HistoryEvent>> ReadAsync(string instanceId, int count, CancellationToken cancellationToken)
    {
        for (var delay = FirstDelay; ; delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay)
        {
            try
            {
                var events = await ReadAsync(instanceId, cancellationToken);
                if (events.Count >= count)
                    return [.. events.Take(count)];
                logger.LogDebug(
                    "The history of '{Instance}' has {Count} events, its turn needs {Needed}: asked again.",
                    instanceId,
                    events.Count,
                    count
                );
            }
            catch (RpcException failure)
                when (!cancellationToken.IsCancellationRequested
                    && failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unknown
                )
            {
                logger.LogDebug(failure, "The history of '{Instance}' could not be read: asked again.", instanceId);
            }

            await Task.Delay(delay, time, cancellationToken);
        }
    }
}
