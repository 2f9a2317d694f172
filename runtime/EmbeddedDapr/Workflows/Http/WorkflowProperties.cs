using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Http;

/// <summary>How the Dapr API shows an instance: a status word and properties, all text as the worker sent it.</summary>
internal static class WorkflowProperties
{
    public static string Status(InstanceView view) =>
        view.Status switch
        {
            OrchestrationStatus.Running => "RUNNING",
            OrchestrationStatus.Completed => "COMPLETED",
            OrchestrationStatus.Failed => "FAILED",
            OrchestrationStatus.Canceled => "CANCELED",
            OrchestrationStatus.Terminated => "TERMINATED",
            OrchestrationStatus.Pending => "PENDING",
            OrchestrationStatus.Suspended => "SUSPENDED",
            _ => "UNKNOWN",
        };

    public static IEnumerable<KeyValuePair<string, string>> Of(InstanceView view)
    {
        if (view.Start.ExecutionStarted.Input is { } input)
            yield return new("dapr.workflow.input", input);
        if (!string.IsNullOrEmpty(view.CustomStatus))
            yield return new("dapr.workflow.custom_status", view.CustomStatus);
        if (view.Completed?.ExecutionCompleted is not { } end)
            yield break;
        if (end.WorkflowStatus != OrchestrationStatus.Failed && end.Result is { } output)
            yield return new("dapr.workflow.output", output);
        if (end.FailureDetails is not { } failure)
            yield break;
        yield return new("dapr.workflow.failure.error_type", failure.ErrorType);
        yield return new("dapr.workflow.failure.error_message", failure.ErrorMessage);
        if (failure.StackTrace is { } stack)
            yield return new("dapr.workflow.failure.stack_trace", stack);
    }
}
