using Dapr.DurableTask.Protobuf;

namespace WorkflowSdk.Tests.Replay;

/// <summary>Short forms of what a turn answered.</summary>
internal static class ResponseReading
{
    /// <summary>Each action as "id kind name".</summary>
    public static string[] Actions(this WorkflowResponse response) =>
        [
            .. response.Actions.Select(each =>
                each.WorkflowActionTypeCase switch
                {
                    WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => $"{each.Id} activity {each.ScheduleTask.Name}",
                    WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer => $"{each.Id} timer {each.CreateTimer.OriginCase}",
                    WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => $"{each.Id} child {each.CreateChildWorkflow.Name}",
                    WorkflowAction.WorkflowActionTypeOneofCase.SendEvent => $"{each.Id} event {each.SendEvent.Name}",
                    WorkflowAction.WorkflowActionTypeOneofCase.CompleteWorkflow => $"{each.Id} {each.CompleteWorkflow.WorkflowStatus}",
                    _ => $"{each.Id} {each.WorkflowActionTypeCase}",
                }
            ),
        ];

    public static CompleteWorkflowAction End(this WorkflowResponse response) =>
        Assert.Single(response.Actions, each => each.CompleteWorkflow is not null).CompleteWorkflow;

    public static TaskFailureDetails Failure(this WorkflowResponse response)
    {
        var end = response.End();
        Assert.Equal(OrchestrationStatus.Failed, end.WorkflowStatus);
        return end.FailureDetails;
    }
}
