using System.Collections.Concurrent;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Resiliency;
using Grpc.Core;
using Status = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>An open stream: events go out one after the other, answers come back in any order and are matched by event id.</summary>
internal sealed class StreamSubscriber(IServerStreamWriter<SubscribeTopicEventsResponseAlpha1> stream, CancellationToken streamEnds)
    : ISubscriber,
        IDisposable
{
    private readonly SemaphoreSlim writing = new(1);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<TaskCompletionSource<Status>>> waiting = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first message of the stream; events wait for it.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(
                new SubscribeTopicEventsResponseAlpha1 { InitialResponse = new SubscribeTopicEventsResponseInitialAlpha1() },
                cancellationToken
            )
            .ConfigureAwait(false);
        opened.TrySetResult();
    }

    /// <summary>The client's answer to an event; one to an event that nobody waits for is ignored.</summary>
    public void Answered(string id, Status status)
    {
        if (waiting.TryGetValue(id, out var queue) && queue.TryDequeue(out var answer))
            answer.TrySetResult(status);
    }

    public async Task<Attempt<Verdict>> SendAsync(EventDelivery delivery, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, streamEnds);
        await opened.Task.WaitAsync(ends.Token).ConfigureAwait(false);
        var request = TopicEvents.Request(delivery);
        var answer = new TaskCompletionSource<Status>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.GetOrAdd(request.Id, _ => new()).Enqueue(answer);
        try
        {
            await WriteAsync(new SubscribeTopicEventsResponseAlpha1 { EventMessage = request }, ends.Token).ConfigureAwait(false);
            return await answer.Task.WaitAsync(ends.Token).ConfigureAwait(false) switch
            {
                Status.Success => Verdict.Success,
                Status.Drop => Verdict.Drop,
                var other => new Attempt<Verdict>(Verdict.Retry, new Failure($"the client answered {other}")),
            };
        }
        finally
        {
            answer.TrySetCanceled(CancellationToken.None);
            if (waiting.TryGetValue(request.Id, out var queue) && queue.All(one => one.Task.IsCompleted))
                waiting.TryRemove(request.Id, out _);
        }
    }

    public async Task<Attempt<IReadOnlyDictionary<string, Verdict>>> SendBulkAsync(
        IReadOnlyList<EventDelivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        var verdicts = new Dictionary<string, Verdict>();
        foreach (var delivery in deliveries)
            verdicts[delivery.EntryId] = (await SendAsync(delivery, cancellationToken).ConfigureAwait(false)).Value;
        return verdicts;
    }

    public void Dispose() => writing.Dispose();

    private async Task WriteAsync(SubscribeTopicEventsResponseAlpha1 message, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(message, CancellationToken.None).ConfigureAwait(false);
        }
        catch (InvalidOperationException error)
        {
            // The call is over: the event goes back to the broker.
            throw new OperationCanceledException(error.Message, error, streamEnds);
        }
        finally
        {
            writing.Release();
        }
    }
}
