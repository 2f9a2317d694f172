namespace Dapr.Workflow;

/// <summary>How much of its own history a workflow passes on to what it calls.</summary>
public enum HistoryPropagationScope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The caller's own history.</summary>
    OwnHistory = 1,

    /// <summary>The caller's history and what it was itself given.</summary>
    Lineage = 2,
}

/// <summary>How an activity is called.</summary>
/// <param name="RetryPolicy">Repeats a failed call; null means once.</param>
/// <param name="TargetAppId">The app that runs it; null means this one.</param>
/// <param name="PropagationScope">What it is told of the caller's history.</param>
public record WorkflowTaskOptions(
    WorkflowRetryPolicy? RetryPolicy = null,
    string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None
)
{
    /// <summary>The same options with another propagation scope.</summary>
    public WorkflowTaskOptions WithHistoryPropagation(HistoryPropagationScope scope) => this with { PropagationScope = scope };
}

/// <summary>How a child workflow is called.</summary>
/// <param name="InstanceId">The child's instance id; null means one made from the parent's.</param>
/// <param name="RetryPolicy">Repeats a failed call; null means once.</param>
/// <param name="TargetAppId">The app that runs it; null means this one.</param>
/// <param name="PropagationScope">What it is told of the caller's history.</param>
public record ChildWorkflowTaskOptions(
    string? InstanceId = null,
    WorkflowRetryPolicy? RetryPolicy = null,
    string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None
) : WorkflowTaskOptions(RetryPolicy, TargetAppId, PropagationScope)
{
    /// <summary>The same options with another propagation scope.</summary>
    public new ChildWorkflowTaskOptions WithHistoryPropagation(HistoryPropagationScope scope) => this with { PropagationScope = scope };
}
