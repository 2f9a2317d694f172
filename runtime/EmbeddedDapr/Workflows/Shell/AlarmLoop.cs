using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Sleeps until the next alarm and does what it is for. Never early; alarms that are due together share one commit batch.</summary>
internal sealed class AlarmLoop : IAsyncDisposable
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);
    private readonly EngineCore core;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task loop;

    public AlarmLoop(EngineCore core)
    {
        this.core = core;
        loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            TimeSpan? wait;
            Task earlier;
            lock (core.Gate)
            {
                foreach (var alarm in core.Timers.TakeDue(out wait))
                    Ring(alarm);
                core.Dispatcher.Pump();
                earlier = core.Timers.Earlier;
            }
            // A millisecond more than needed, so that no timer is early by the clock's grain.
            var pause = wait is { } known && known < LongestSleep ? known : LongestSleep;
            if (pause == TimeSpan.Zero)
                continue;
            using var slept = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            var sleep = Task.Delay(pause + TimeSpan.FromMilliseconds(1), core.Time, slept.Token);
            await Task.WhenAny(sleep, earlier).ConfigureAwait(false);
            await slept.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Ring(Alarm alarm)
    {
        if (core.Table.Find(alarm.InstanceId) is not { } live || live.State.Generation != alarm.Generation)
            return;
        live.Alarms.Remove(alarm);
        switch (alarm.Kind)
        {
            case AlarmKind.Timer:
                Fire(live, alarm.TimerId);
                break;
            case AlarmKind.Start:
                core.Consider(live);
                break;
            case AlarmKind.Termination when !live.State.IsOver && TurnSelection.IsTerminating(live.State):
                core.Dispatcher.EndTurn(live);
                var ended = Turn.Terminate(live.State, core.Context);
                core.Commit(live, ended.Record!, ended.Messages);
                break;
            case AlarmKind.Retention when live.State.IsOver && live.State.Outbox.Count == 0:
                core.Purge([live]);
                break;
        }
    }

    private void Fire(LiveInstance live, int timerId)
    {
        if (!live.State.Timers.TryGetValue(timerId, out var timer))
            return;
        var fired = new HistoryEvent
        {
            EventId = -1,
            Timestamp = Clock.ToTimestamp(core.Time.GetUtcNow()),
            TimerFired = new TimerFiredEvent { FireAt = timer.FireAt, TimerId = timerId },
        };
        core.Commit(live, LogRecord.Received(fired));
    }
}
