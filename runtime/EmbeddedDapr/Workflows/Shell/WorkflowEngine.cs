using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Store;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>The workflow engine of one app, from its store to its operations.</summary>
internal sealed class WorkflowEngine : IAsyncDisposable
{
    private const int RecoveryPage = 200;
    private readonly WorkflowStore store;
    private readonly AlarmLoop alarms;

    /// <param name="path">File of the log, null for one in memory.</param>
    /// <param name="facts">The app.</param>
    /// <param name="connect">Connects the core to other apps before anything is taken up.</param>
    public WorkflowEngine(string? path, EngineFacts facts, Action<WorkflowEngine> connect)
    {
        store = new WorkflowStore(path, facts.Log);
        Core = new EngineCore(store, facts);
        Workers = new WorkerOperations(Core);
        Clients = new ClientOperations(Core);
        Queries = new InstanceQueries(Core, store);
        Reruns = new Reruns(Core);
        connect(this);
        Recover(openOnly: true, Resume);
        if (!facts.Retention.KeepsAll)
            Recover(openOnly: false, Core.ArmRetention);
        alarms = new AlarmLoop(Core);
    }

    public EngineCore Core { get; }

    public WorkerOperations Workers { get; }

    public ClientOperations Clients { get; }

    public InstanceQueries Queries { get; }

    public Reruns Reruns { get; }

    public async ValueTask DisposeAsync()
    {
        await alarms.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Takes up what the last process left.</summary>
    private void Recover(bool openOnly, Action<LiveInstance> take)
    {
        var after = 0L;
        while (true)
        {
            var page = store.List(openOnly, after, RecoveryPage);
            if (page.Count == 0)
                return;
            lock (Core.Gate)
            {
                foreach (var (_, id) in page)
                {
                    if (Core.Table.Find(id) is { } live)
                        take(live);
                }
            }
            after = page[^1].Key;
        }
    }

    private void Resume(LiveInstance live)
    {
        var state = live.State;
        foreach (var scheduled in state.Tasks.Values)
            Core.Start(live, scheduled, orphan: false);
        foreach (var (id, timer) in state.Timers)
            Core.ArmFor(live, new DurableTask.Protobuf.HistoryEvent { EventId = id, TimerCreated = timer });
        foreach (var waiting in state.Inbox)
            Core.ArmFor(live, waiting.Event);
        if (state.Outbox.Count > 0)
            Core.HasOutbox(live);
        Core.Consider(live);
    }
}
