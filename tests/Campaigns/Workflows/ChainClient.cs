using System.Text.Json;
using Dapr.Anomaly.Campaigns.Tests.Processes;
using Dapr.DurableTask.Protobuf;
using Grpc.Core;

namespace Dapr.Anomaly.Campaigns.Tests.Workflows;

/// <summary>
/// A client of workflows that are killed under its hands. It starts each chain under a fixed id and raises its events one after the other, and
/// asks again until it has an answer. An attempt without an answer may have been stored or not, so each raise has a text of its own; a start
/// that was stored says AlreadyExists at the next attempt.
/// </summary>
internal sealed class ChainClient(TaskHubSidecarService.TaskHubSidecarServiceClient hub, Func<bool> isUp, Work work)
{
    /// <summary>An answer that takes longer, over however many lives of the runtime, is a hang.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private int pending;

    /// <summary>Calls that a runtime has and has not answered yet.</summary>
    public int Pending => isUp() ? pending : 0;

    /// <summary>Calls that were cut off.</summary>
    public int Retries { get; private set; }

    /// <param name="chain">Who.</param>
    /// <param name="reached">Ends when the campaign has come to that part of the chain's life, 0 to 1.</param>
    public async Task LiveAsync(Chain chain, Func<double, Task> reached, CancellationToken cancellationToken)
    {
        await reached(0);
        var start = new CreateInstanceRequest
        {
            InstanceId = chain.Id,
            Name = "Chain",
            Input = JsonSerializer.Serialize(chain.Input, JsonSerializerOptions.Web),
        };
        await AskAsync(
            $"start of {chain.Id}",
            StatusCode.AlreadyExists,
            _ => hub.StartInstanceAsync(start, cancellationToken: cancellationToken).ResponseAsync,
            cancellationToken
        );
        for (var note = 0; note < Chain.Notes; note++)
        {
            await reached(chain.Moments[note]);
            await RaiseAsync(chain, $"note-{note}", cancellationToken);
        }
        await reached(1);
        await RaiseAsync(chain, "close", cancellationToken);
        await EndAsync(chain, cancellationToken);
        chain.IsOver = true;
    }

    /// <summary>What became of a chain, when nobody kills any more.</summary>
    public async Task<(WorkflowState State, IReadOnlyList<HistoryEvent> History)> ResultAsync(Chain chain, CancellationToken cancellationToken)
    {
        var end = await hub.GetInstanceAsync(
            new GetInstanceRequest { InstanceId = chain.Id, GetInputsAndOutputs = true },
            cancellationToken: cancellationToken
        );
        var history = await hub.GetInstanceHistoryAsync(
            new GetInstanceHistoryRequest { InstanceId = chain.Id },
            cancellationToken: cancellationToken
        );
        return (end.WorkflowState, history.Events);
    }

    private Task EndAsync(Chain chain, CancellationToken cancellationToken) =>
        UntilAnsweredAsync(
            $"end of {chain.Id}",
            _ =>
                hub.WaitForInstanceCompletionAsync(
                    new GetInstanceRequest { InstanceId = chain.Id },
                    cancellationToken: cancellationToken
                ).ResponseAsync,
            cancellationToken
        );

    private Task RaiseAsync(Chain chain, string what, CancellationToken cancellationToken) =>
        AskAsync(
            $"{what} to {chain.Id}",
            null,
            async attempt =>
            {
                var payload = $"{what}-{attempt}";
                try
                {
                    await hub.RaiseEventAsync(
                        new RaiseEventRequest
                        {
                            InstanceId = chain.Id,
                            Name = "note",
                            Input = JsonSerializer.Serialize(payload),
                        },
                        cancellationToken: cancellationToken
                    );
                    chain.Attempts.Add(new Attempt(payload, Acknowledged: true));
                }
                catch (RpcException)
                {
                    chain.Attempts.Add(new Attempt(payload, Acknowledged: false));
                    throw;
                }
            },
            cancellationToken
        );

    /// <summary>Asks for something that the runtime is to do at once.</summary>
    private async Task AskAsync(string what, StatusCode? alsoGood, Func<int, Task> call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref pending);
        try
        {
            await UntilAnsweredAsync(
                what,
                async attempt =>
                {
                    work.Begin();
                    await call(attempt);
                    work.Done();
                },
                cancellationToken
            );
        }
        catch (RpcException refusal) when (refusal.StatusCode == alsoGood)
        {
            work.Done();
        }
        finally
        {
            Interlocked.Decrement(ref pending);
        }
    }

    private async Task UntilAnsweredAsync(string what, Func<int, Task> call, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                while (!isUp())
                    await Task.Delay(20, limit.Token);
                try
                {
                    await call(attempt).WaitAsync(limit.Token);
                    return;
                }
                catch (RpcException failure) when (IsOfAKill(failure))
                {
                    Retries++;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the {what} had no answer within {Patience}");
        }
    }

    /// <summary>
    /// The connection broke, which a status sent by the runtime never says; or the worker was away for longer than the runtime waits for one.
    /// </summary>
    private static bool IsOfAKill(RpcException failure) =>
        failure.Status.DebugException is not null || failure.StatusCode == StatusCode.FailedPrecondition;
}
