using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>
/// The actions of the code so far: numbered from 0 in the order asked for, pending until history confirms them, and the tasks that
/// wait for their completion.
/// </summary>
internal sealed class TurnActions(string workflowName)
{
    private readonly SortedDictionary<int, WorkflowAction> _pending = [];
    private readonly Dictionary<int, OpenTask> _open = [];
    private int _nextId;

    /// <summary>The number that the next action gets.</summary>
    public int NextId => _nextId;

    /// <summary>Actions that history does not have yet, in the order asked for.</summary>
    public IEnumerable<WorkflowAction> Pending => _pending.Values;

    /// <summary>Whether the code waits for anything that an event can complete.</summary>
    public bool AnyOpen => _open.Count > 0;

    /// <summary>Takes the next number without an action of its own.</summary>
    public int TakeId() => _nextId++;

    /// <summary>Adds an action that nothing completes.</summary>
    public void Add(WorkflowAction action)
    {
        action.Id = TakeId();
        _pending.Add(action.Id, action);
    }

    /// <summary>Adds an action and the task that waits for it.</summary>
    public OpenTask Add(WorkflowAction action, TaskKind kind, string taskExecutionId)
    {
        Add(action);
        OpenTask task = new(kind, taskExecutionId);
        _open.Add(action.Id, task);
        return task;
    }

    /// <summary>Whether the code asked for the action behind this event and history has not confirmed it before.</summary>
    public bool IsPending(HistoryEvent recorded) => _pending.ContainsKey(recorded.EventId);

    /// <summary>An event made from an action: the code must have asked for just that.</summary>
    /// <exception cref="NonDeterministicWorkflowException">It asked for something else, or for nothing.</exception>
    public void Confirm(HistoryEvent recorded)
    {
        _pending.TryGetValue(recorded.EventId, out var asked);
        if (asked is null || !ActionText.IsSameStep(asked, recorded))
            throw new NonDeterministicWorkflowException(
                $"Workflow '{workflowName}' is not deterministic: at step {recorded.EventId} its history has {ActionText.Of(recorded)}, "
                    + $"but the code asked for {(asked is null ? "nothing" : ActionText.Of(asked))}. Keep the order of steps of running "
                    + "instances, or guard the change with IsPatched."
            );

        _pending.Remove(recorded.EventId);
        if (recorded.TaskScheduled is { TaskExecutionId: { Length: > 0 } recordedId } && _open.TryGetValue(recorded.EventId, out var task))
            task.TaskExecutionId = recordedId;
    }

    /// <summary>
    /// The task that an event completes, no longer open; null where there is none: a duplicate, or a late answer to an action of an
    /// earlier generation of this instance.
    /// </summary>
    public OpenTask? Take(TaskKind kind, int id, string taskExecutionId)
    {
        if (!_open.TryGetValue(id, out var task) || task.Kind != kind)
            return null;
        if (taskExecutionId.Length > 0 && task.TaskExecutionId.Length > 0 && taskExecutionId != task.TaskExecutionId)
            return null;
        _open.Remove(id);
        return task;
    }

    /// <summary>The code gave up waiting; the action stays.</summary>
    public void Abandon(OpenTask task)
    {
        foreach (var (id, open) in _open)
            if (open == task)
            {
                _open.Remove(id);
                return;
            }
    }
}
