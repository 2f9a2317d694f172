using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Worker.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Plays turns and answers them while their stream lives: a lost stream's turn is handed out again, with another time.</summary>
internal sealed class TurnRunner(
    TaskHubSidecarService.TaskHubSidecarServiceClient hub, IWorkflowsFactory factory, IServiceScopeFactory scopes,
    IDaprSerializer serializer, ILoggerFactory loggers, Answers answers, int slots)
{
    private readonly SemaphoreSlim _slots = new(slots, slots);

    public async Task RunAsync(WorkflowRequest request, string completionToken, CancellationToken streamToken)
    {
        await _slots.WaitAsync(streamToken);
        try
        {
            if (request.RequiresHistoryStreaming)
            {
                GetInstanceHistoryRequest ask = new() { InstanceId = request.InstanceId };
                request.PastEvents.AddRange((await hub.GetInstanceHistoryAsync(ask, cancellationToken: streamToken)).Events);
            }

            var response = await PlayAsync(request);
            response.CompletionToken = completionToken;
            if (!streamToken.IsCancellationRequested) await answers.SendAsync(response, streamToken);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<WorkflowResponse> PlayAsync(WorkflowRequest request)
    {
        await using var scope = scopes.CreateAsyncScope();
        return WorkflowTurn.Play(request, Find, serializer, loggers);

        IWorkflow Find(string name)
        {
            if (factory.TryCreateWorkflow(name, scope.ServiceProvider, out var workflow, out var activationError)) return workflow;
            throw activationError ?? NotRegisteredException.Workflow(name);
        }
    }
}
