using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Shell;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Dapr.Embedded.Workflows.TaskHub;

/// <summary>
/// The calls of TaskHubSidecarService with which workers answer turns and activities. Unlike the others they read messages over the limit, up
/// to <see cref="LargestFactor"/> times as large, and take them as a failure that says so. A worker whose answer is refused closes its stream
/// (Dapr.Workflow for five seconds), gets the same work again with all that it had in hand, and answers the same, for ever.
/// </summary>
internal sealed class TaskHubAnswers(WorkflowHost host, int limit)
{
    /// <summary>An answer that is larger than so many times the limit is refused unread.</summary>
    public const int LargestFactor = 16;

    private WorkerOperations Workers => host.Engine.Workers;

    public async Task<CompleteTaskResponse> CompleteTurn(WorkflowResponse answer, ServerCallContext call)
    {
        if (TooLarge(answer) is { } failure)
        {
            // The patches stay: without them the answer would not fit the instance.
            answer = new WorkflowResponse
            {
                InstanceId = answer.InstanceId,
                CompletionToken = answer.CompletionToken,
                Version = answer.Version,
            };
            answer.Actions.Add(
                new WorkflowAction
                {
                    CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = failure },
                }
            );
        }
        await Workers.CompleteTurnAsync(answer).ConfigureAwait(false);
        return new CompleteTaskResponse();
    }

    public async Task<CompleteTaskResponse> CompleteActivity(ActivityResponse answer, ServerCallContext call)
    {
        if (TooLarge(answer) is { } failure)
        {
            answer = new ActivityResponse
            {
                InstanceId = answer.InstanceId,
                TaskId = answer.TaskId,
                CompletionToken = answer.CompletionToken,
                FailureDetails = failure,
            };
        }
        await Workers.CompleteActivityAsync(answer).ConfigureAwait(false);
        return new CompleteTaskResponse();
    }

    private TaskFailureDetails? TooLarge(IMessage answer) =>
        answer.CalculateSize() is var size && size <= limit
            ? null
            : new TaskFailureDetails
            {
                ErrorType = "PayloadSizeExceeded",
                ErrorMessage = $"The answer has {size} bytes, the limit is {limit} (--max-body-size); keep large data elsewhere and pass its address",
                IsNonRetriable = true,
            };
}

/// <summary>Binds the answers under the names of the protocol.</summary>
internal sealed class TaskHubAnswerMethods : IServiceMethodProvider<TaskHubAnswers>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TaskHubAnswers> context)
    {
        TaskHubMethods.Unary<TaskHubAnswers, ActivityResponse, CompleteTaskResponse>(
            context,
            "CompleteActivityTask",
            (service, request, call) => service.CompleteActivity(request, call)
        );
        // Workers still call the deprecated name.
        foreach (var name in new[] { "CompleteOrchestratorTask", "CompleteWorkflowTask" })
        {
            TaskHubMethods.Unary<TaskHubAnswers, WorkflowResponse, CompleteTaskResponse>(
                context,
                name,
                (service, request, call) => service.CompleteTurn(request, call)
            );
        }
    }
}
