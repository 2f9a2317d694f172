using System.Globalization;
using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Dispatch;

/// <summary>
/// Hands turns and activities to worker streams: each to one stream, the least loaded first, within the limits; what was out on a lost
/// stream waits again. Guarded by the engine's lock.
/// </summary>
internal sealed class Dispatcher(ConcurrencyLimits limits, Func<LiveInstance, OpenTurn?> beginTurn)
{
    private readonly string run = Guid.NewGuid().ToString("N")[..8];
    private readonly List<WorkerStream> streams = [];
    private readonly LinkedList<LiveInstance> turns = [];
    private readonly LinkedList<ActivityWork> activities = [];
    private readonly ConcurrencyGate<LiveInstance> turnGate = new(limits.Turns);
    private readonly ConcurrencyGate<ActivityWork> activityGate = new(limits.Activities);
    private readonly HashSet<LiveInstance> stalled = [];
    private readonly Dictionary<string, ActivityWork> activitiesByToken = [];
    private TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long tokens;

    public int Streams => streams.Count;

    /// <summary>Completes when a worker is connected.</summary>
    public Task Connected => connected.Task;

    public bool HoldSuspended { get; private set; }

    public void Open(WorkerStream stream)
    {
        streams.Add(stream);
        HoldSuspended = streams.Exists(one => one.RunsWhileSuspended);
        connected.TrySetResult();
        foreach (var live in stalled)
        {
            live.RetryOn = stream;
            QueueTurn(live);
        }
        stalled.Clear();
        Pump();
    }

    public void Close(WorkerStream stream)
    {
        if (!streams.Remove(stream))
            return;
        HoldSuspended = streams.Exists(one => one.RunsWhileSuspended);
        if (streams.Count == 0)
            connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stream.Close();
        foreach (var live in stream.Turns.ToList())
        {
            EndTurn(live);
            QueueTurn(live, first: true);
        }
        foreach (var work in stream.Activities.ToList())
        {
            End(work);
            if (!work.Cancelled)
                Queue(work);
        }
        Pump();
    }

    public void QueueTurn(LiveInstance live, bool first = false)
    {
        if (live.TurnQueued || live.Turn is not null)
            return;
        live.TurnQueued = true;
        if (first)
            turns.AddFirst(live);
        else
            turns.AddLast(live);
    }

    public void Queue(ActivityWork work) => activities.AddLast(work);

    /// <summary>The instance waits until a stream opens, because the workers there are cannot take its turn.</summary>
    public void Stall(LiveInstance live) => stalled.Add(live);

    public void EndTurn(LiveInstance live)
    {
        if (live.Turn is not { } lease)
            return;
        live.Turn = null;
        lease.Stream.Turns.Remove(live);
        if (turnGate.Leave(live.Name, out var next))
            turns.AddFirst(next);
    }

    public void End(ActivityWork work)
    {
        if (work.Stream is not { } stream)
            return;
        work.Stream = null;
        stream.Activities.Remove(work);
        activitiesByToken.Remove(work.Token);
        if (activityGate.Leave(work.Request.Name, out var next))
            activities.AddFirst(next);
    }

    /// <summary>The activity that an answer is for, null when none is out. A worker that sends no token means the one that went out first.</summary>
    public ActivityWork? FindOut(string instanceId, int taskId, string token)
    {
        if (token.Length > 0)
            return activitiesByToken.GetValueOrDefault(token) is { } work && work.InstanceId == instanceId && work.TaskId == taskId ? work : null;
        return streams
            .SelectMany(stream => stream.Activities)
            .Where(work => work.InstanceId == instanceId && work.TaskId == taskId)
            .MinBy(work => work.Order);
    }

    /// <summary>Hands out whatever has room.</summary>
    public void Pump()
    {
        PumpTurns();
        while (activityGate.HasRoom && activities.First is { } node)
        {
            var work = node.Value;
            if (work.Cancelled)
            {
                activities.RemoveFirst();
                if (activityGate.Pass(work.Request.Name, out var next))
                    activities.AddFirst(next);
                continue;
            }
            if (Freest() is not { } stream)
                return;
            activities.RemoveFirst();
            if (activityGate.Holds(work.Request.Name, work))
                continue;
            work.Stream = stream;
            work.Token = NextToken();
            work.Order = tokens;
            activitiesByToken.Add(work.Token, work);
            stream.Activities.Add(work);
            activityGate.Enter(work.Request.Name);
            stream.Send(OutgoingWorkItem.Activity(work.Request, work.Token));
        }
    }

    private void PumpTurns()
    {
        while (turnGate.HasRoom && turns.First is { } node)
        {
            var live = node.Value;
            var stream = Usable(live.RetryOn) ?? Usable(live.Held?.Stream) ?? Freest();
            if (stream is null)
                return;
            turns.RemoveFirst();
            if (!live.Purged && turnGate.Holds(live.Name, live))
                continue;
            live.TurnQueued = false;
            live.RetryOn = null;
            if (live.Purged || beginTurn(live) is not { } open)
            {
                if (turnGate.Pass(live.Name, out var next))
                    turns.AddFirst(next);
                continue;
            }
            live.Turn = new TurnLease(NextToken(), stream, open);
            stream.Turns.Add(live);
            turnGate.Enter(live.Name);
            var frames = new List<byte[]>(open.Taken + 1) { FramedEvent.Of(open.Started).Frame };
            for (var i = 0; i < open.Taken; i++)
                frames.Add(live.State.Inbox[i].Frame);
            var history = live.State.History;
            var held = live.Held is { } kept && kept.Stream == stream && kept.Generation == live.State.Generation ? kept : null;
            stream.Send(OutgoingWorkItem.Turn(live.Id, held?.Events ?? 0, history.Snapshot[(held?.Bytes ?? 0)..], frames, live.Turn.Token));
            live.Held = stream.KeepsHistory ? new HeldHistory(stream, live.State.Generation, history.Count, history.Length) : null;
        }
    }

    /// <summary>The stream if it is open and has room.</summary>
    private WorkerStream? Usable(WorkerStream? stream) => stream is { HasRoom: true } && streams.Contains(stream) ? stream : null;

    private WorkerStream? Freest()
    {
        WorkerStream? best = null;
        foreach (var stream in streams)
        {
            if (stream.HasRoom && (best is null || stream.Load < best.Load))
                best = stream;
        }
        return best;
    }

    private string NextToken() => string.Create(CultureInfo.InvariantCulture, $"{run}-{++tokens:x}");
}
