using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Dispatch;

/// <summary>A turn that is out at a worker.</summary>
internal sealed record TurnLease(string Token, WorkerStream Stream, OpenTurn Open);

/// <summary>The beginning of an instance's history that a worker was sent and keeps for as long as its stream lives.</summary>
internal sealed record HeldHistory(WorkerStream Stream, int Generation, int Events, int Bytes);

/// <summary>An instance in memory: its state and what the engine is doing with it. Guarded by the engine's lock.</summary>
internal sealed class LiveInstance(long key, InstanceState state, long nextPosition)
{
    public long Key => key;

    public string Id => state.InstanceId;

    /// <summary>Name of its workflow.</summary>
    public string Name => state.Start?.ExecutionStarted.Name ?? "";

    public InstanceState State => state;

    /// <summary>Position of the next record in the log.</summary>
    public long NextPosition { get; set; } = nextPosition;

    /// <summary>Records that are not on disk yet.</summary>
    public int Unwritten { get; set; }

    /// <summary>True while the store has to hand the instance to the engine after a restart.</summary>
    public bool OpenInStore { get; set; } = true;

    /// <summary>What clients see; null until the first record is on disk.</summary>
    public InstanceView? Published { get; set; }

    /// <summary>Deleted; the object stays until the deletion is on disk.</summary>
    public bool Purged { get; set; }

    public TurnLease? Turn { get; set; }

    /// <summary>What the worker of the last turn keeps of the history, null when it keeps nothing.</summary>
    public HeldHistory? Held { get; set; }

    /// <summary>Completes when all records so far are on disk.</summary>
    public Task Written { get; set; } = Task.CompletedTask;

    /// <summary>Waits for a worker to take its turn.</summary>
    public bool TurnQueued { get; set; }

    /// <summary>A stalled turn is offered to this stream, which has just opened.</summary>
    public WorkerStream? RetryOn { get; set; }

    /// <summary>Activities that wait or are out, by task id.</summary>
    public Dictionary<int, ActivityWork> Activities { get; } = [];

    /// <summary>Alarms that were set while the instance was in memory.</summary>
    public HashSet<Shell.Alarm> Alarms { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>True while messages to other apps are being sent.</summary>
    public bool Sending { get; set; }

    public LinkedListNode<LiveInstance>? Node { get; set; }

    /// <summary>Nothing but the store needs to know it.</summary>
    public bool IsIdle =>
        Unwritten == 0
        && Turn is null
        && !TurnQueued
        && Activities.Count == 0
        && State.Outbox.Count == 0
        && State.Stalled is null
        && State.Inbox.Count == 0;
}
