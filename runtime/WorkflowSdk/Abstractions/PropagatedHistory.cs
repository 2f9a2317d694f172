namespace Dapr.Workflow;

/// <summary>How something in a propagated history stands.</summary>
public enum PropagatedHistoryStatus
{
    /// <summary>It has not ended.</summary>
    Running = 0,

    /// <summary>It ended with a result.</summary>
    Completed = 1,

    /// <summary>It ended with a failure.</summary>
    Failed = 2,
}

/// <summary>An activity in a propagated history.</summary>
/// <param name="Name">The activity's name.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Input">Its input as it was sent, or null.</param>
/// <param name="Output">Its result as it was sent, or null.</param>
/// <param name="FailureDetails">Why it failed, or null.</param>
public sealed record PropagatedHistoryActivityResult(
    string Name,
    PropagatedHistoryStatus Status,
    string? Input,
    string? Output,
    WorkflowTaskFailureDetails? FailureDetails
);

/// <summary>A child workflow in a propagated history.</summary>
/// <param name="Name">The workflow's name.</param>
/// <param name="InstanceId">Its instance id.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Input">Its input as it was sent, or null.</param>
/// <param name="Output">Its result as it was sent, or null.</param>
/// <param name="FailureDetails">Why it failed, or null.</param>
public sealed record PropagatedHistoryWorkflowResult(
    string Name,
    string InstanceId,
    PropagatedHistoryStatus Status,
    string? Input,
    string? Output,
    WorkflowTaskFailureDetails? FailureDetails
);

/// <summary>The history of one ancestor.</summary>
/// <param name="AppId">The app that ran it.</param>
/// <param name="InstanceId">Its instance id.</param>
/// <param name="WorkflowName">Its name.</param>
/// <param name="Activities">The activities it called, in order.</param>
/// <param name="ChildWorkflows">The child workflows it called, in order.</param>
public sealed record PropagatedHistoryEvent(
    string AppId,
    string InstanceId,
    string WorkflowName,
    IReadOnlyList<PropagatedHistoryActivityResult> Activities,
    IReadOnlyList<PropagatedHistoryWorkflowResult> ChildWorkflows
);

/// <summary>What ancestors did before this workflow was called, as far as they passed it on.</summary>
public sealed class PropagatedHistory
{
    internal PropagatedHistory(HistoryPropagationScope scope, IReadOnlyList<PropagatedHistoryEvent> events)
    {
        Scope = scope;
        Events = events;
    }

    /// <summary>How much was passed on.</summary>
    public HistoryPropagationScope Scope { get; }

    /// <summary>One entry for each ancestor, in the order sent.</summary>
    public IReadOnlyList<PropagatedHistoryEvent> Events { get; }

    /// <summary>The apps that took part, each once.</summary>
    public IReadOnlyList<string> GetAppIds() => [.. Events.Select(each => each.AppId).Distinct(StringComparer.Ordinal)];

    /// <summary>The entries of workflows of this name.</summary>
    public IReadOnlyList<PropagatedHistoryEvent> GetEventsByWorkflowName(string workflowName) =>
        [.. Events.Where(each => string.Equals(each.WorkflowName, workflowName, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The last entry of a workflow of this name.</summary>
    public bool TryGetLastWorkflowEventByName(string workflowName, out PropagatedHistoryEvent? historyEvent)
    {
        historyEvent = GetEventsByWorkflowName(workflowName).LastOrDefault();
        return historyEvent is not null;
    }

    /// <summary>The entries of one app.</summary>
    public IReadOnlyList<PropagatedHistoryEvent> GetByAppId(string appId) =>
        [.. Events.Where(each => string.Equals(each.AppId, appId, StringComparison.Ordinal))];

    /// <summary>The entries of one instance.</summary>
    public IReadOnlyList<PropagatedHistoryEvent> GetByInstanceId(string instanceId) =>
        [.. Events.Where(each => string.Equals(each.InstanceId, instanceId, StringComparison.Ordinal))];
}
