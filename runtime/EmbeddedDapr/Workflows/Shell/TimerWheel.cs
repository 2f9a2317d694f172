namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Why the engine looks at an instance at a certain time.</summary>
internal enum AlarmKind
{
    /// <summary>A timer of the workflow is due.</summary>
    Timer,

    /// <summary>A start that was scheduled for later is due.</summary>
    Start,

    /// <summary>The worker had its time to take a termination; now it takes effect.</summary>
    Termination,

    /// <summary>The instance is over for as long as the retention policy keeps it.</summary>
    Retention,
}

/// <summary>One thing that is due at one time.</summary>
internal sealed record Alarm(DateTimeOffset Due, AlarmKind Kind, string InstanceId, int Generation, int TimerId)
{
    public bool Cancelled { get; set; }
}

/// <summary>Alarms in the order of their time. Guarded by the engine's lock.</summary>
internal sealed class TimerWheel(TimeProvider time)
{
    private const int Worthwhile = 1024;

    /// <summary>So many alarms are handled under one hold of the lock.</summary>
    private const int AtOnce = 256;

    private readonly PriorityQueue<Alarm, DateTimeOffset> alarms = new();
    private TaskCompletionSource earlier = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int cancelled;

    /// <summary>Completes when an alarm earlier than all others was set.</summary>
    public Task Earlier => earlier.Task;

    public void Set(Alarm alarm)
    {
        var first = !alarms.TryPeek(out _, out var next) || alarm.Due < next;
        alarms.Enqueue(alarm, alarm.Due);
        if (first)
            earlier.TrySetResult();
    }

    /// <summary>Marks alarms as unwanted; they leave memory when half of all are.</summary>
    public void Cancel(ICollection<Alarm> unwanted)
    {
        foreach (var alarm in unwanted)
            alarm.Cancelled = true;
        cancelled += unwanted.Count;
        unwanted.Clear();
        if (cancelled < Worthwhile || cancelled < alarms.Count / 2)
            return;
        var kept = alarms.UnorderedItems.Where(one => !one.Element.Cancelled).ToList();
        alarms.Clear();
        alarms.EnqueueRange(kept);
        cancelled = 0;
    }

    /// <summary>Takes some of what is due and says how long it is until the next; null when there is none.</summary>
    public IReadOnlyList<Alarm> TakeDue(out TimeSpan? wait)
    {
        var now = time.GetUtcNow();
        var due = new List<Alarm>();
        while (alarms.TryPeek(out var alarm, out var at) && at <= now && due.Count < AtOnce)
        {
            alarms.Dequeue();
            if (!alarm.Cancelled)
                due.Add(alarm);
        }
        if (earlier.Task.IsCompleted)
            earlier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        wait = alarms.TryPeek(out _, out var nextAt)
            ? nextAt <= now
                ? TimeSpan.Zero
                : nextAt - now
            : null;
        return due;
    }
}
