using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Delivers answers. A delivery that fails for want of a connection is tried again and is never turned into a failure of the work; only
/// an answer that is too big is replaced by one that says so, since without any the instance would hang.
/// </summary>
internal sealed class Answers(TaskHubSidecarService.TaskHubSidecarServiceClient hub, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    public Task SendAsync(WorkflowResponse response, CancellationToken cancellationToken) =>
        DeliverAsync(
            response,
            each => hub.CompleteOrchestratorTaskAsync(each, cancellationToken: cancellationToken),
            failure => new WorkflowResponse
            {
                InstanceId = response.InstanceId,
                CompletionToken = response.CompletionToken,
                Version = response.Version,
                Actions =
                {
                    new WorkflowAction
                    {
                        Id = response.Actions.Count == 0 ? 0 : response.Actions.Max(each => each.Id) + 1,
                        CompleteWorkflow = new CompleteWorkflowAction
                        {
                            WorkflowStatus = OrchestrationStatus.Failed,
                            FailureDetails = TooBig(response, failure),
                        },
                    },
                },
            },
            $"turn of workflow instance '{response.InstanceId}'",
            cancellationToken
        );

    public Task SendAsync(ActivityResponse response, CancellationToken cancellationToken) =>
        DeliverAsync(
            response,
            each => hub.CompleteActivityTaskAsync(each, cancellationToken: cancellationToken),
            failure => new ActivityResponse
            {
                InstanceId = response.InstanceId,
                TaskId = response.TaskId,
                CompletionToken = response.CompletionToken,
                FailureDetails = TooBig(response, failure),
            },
            $"activity {response.TaskId} of workflow instance '{response.InstanceId}'",
            cancellationToken
        );

    private static TaskFailureDetails TooBig(IMessage answer, RpcException failure) =>
        new()
        {
            ErrorType = "PayloadTooLarge",
            ErrorMessage =
                $"The answer has {answer.CalculateSize()} bytes, more than the runtime takes ({failure.Status.Detail}). "
                + "Store large results and pass a reference.",
            IsNonRetriable = true,
        };

    private async Task DeliverAsync<T>(
        T answer,
        Func<T, AsyncUnaryCall<CompleteTaskResponse>> send,
        Func<RpcException, T> substitute,
        string what,
        CancellationToken cancellationToken
    )
    {
        var isSubstitute = false;
        var delay = FirstDelay;
        while (true)
        {
            try
            {
                await send(answer);
                return;
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                logger.LogInformation("The answer to the {Work} is dropped: the runtime will hand the work out again.", what);
                return;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.ResourceExhausted && !isSubstitute)
            {
                answer = substitute(failure);
                isSubstitute = true;
                continue;
            }
            catch (RpcException failure)
                when (failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Aborted or StatusCode.Internal)
            {
                logger.LogDebug(failure, "The answer to the {Work} was not delivered; it is sent again.", what);
            }
            catch (RpcException failure)
            {
                logger.LogError(failure, "The runtime refused the answer to the {Work}.", what);
                return;
            }

            try
            {
                await Task.Delay(delay, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                logger.LogInformation("The answer to the {Work} is dropped: the runtime will hand the work out again.", what);
                return;
            }

            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }
}
