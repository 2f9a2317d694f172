using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Worker.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Plays turns and answers them while their stream lives: a lost stream's turn is handed out again, with another time. A turn that brings
/// only what is new continues the execution that was kept; where that is gone, or history went another way, all of it is played again.
/// </summary>
internal sealed class TurnRunner(
    FullHistory histories,
    IWorkflowsFactory factory,
    IServiceScopeFactory scopes,
    IDaprSerializer serializer,
    ILoggerFactory loggers,
    Answers answers,
    int slots
)
{
    private readonly Slots _slots = new(slots);

    public async Task RunAsync(WorkflowRequest request, string completionToken, ExecutionCache kept, CancellationToken streamToken)
    {
        await _slots.TakeAsync();
        try
        {
            streamToken.ThrowIfCancellationRequested();
            var response = await PlayAsync(request, kept, streamToken);
            response.CompletionToken = completionToken;
            if (!streamToken.IsCancellationRequested)
                await answers.SendAsync(response, streamToken);
        }
        finally
        {
            _slots.GiveBack();
        }
    }

    private async Task<WorkflowResponse> PlayAsync(WorkflowRequest request, ExecutionCache kept, CancellationToken streamToken)
    {
        var live = kept.Take(request.InstanceId);
        WorkflowResponse? response = null;
        var held = request.CachedHistory?.EventCount ?? 0;
        if (live is not null && !live.Execution.TryContinue(held, request.PastEvents, request.NewEvents, out response))
        {
            await live.DisposeAsync();
            live = null;
        }

        if (live is null)
        {
            await CompletePastAsync(request, streamToken);
            (live, response) = Begin(request);
        }

        // The next turn may come as soon as this one is answered.
        if (response!.Actions.Any(each => each.CompleteWorkflow is not null))
            await live.DisposeAsync();
        else
            await kept.PutAsync(request.InstanceId, live);
        return response;
    }

    /// <summary>Adds to the request what it leaves out of the past.</summary>
    private async Task CompletePastAsync(WorkflowRequest request, CancellationToken streamToken)
    {
        if (request.CachedHistory is { } held)
        {
            var past = await histories.ReadAsync(request.InstanceId, held.EventCount + request.PastEvents.Count, streamToken);
            request.PastEvents.Clear();
            request.PastEvents.AddRange(past);
        }
        else if (request.RequiresHistoryStreaming)
        {
            request.PastEvents.AddRange(await histories.ReadAsync(request.InstanceId, streamToken));
        }
    }

    private (LiveExecution, WorkflowResponse) Begin(WorkflowRequest request)
    {
        var services = scopes.CreateAsyncScope();
        var (execution, response) = WorkflowExecution.Begin(request, Find, serializer, loggers);
        return (new LiveExecution(execution, services), response);

        IWorkflow Find(string name)
        {
            if (factory.TryCreateWorkflow(name, services.ServiceProvider, out var workflow, out var activationError))
                return workflow;
            throw activationError ?? NotRegisteredException.Workflow(name);
        }
    }
}
