using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>
/// Which patches this instance takes. A name is decided once: by history where the code is replayed, else true. All true answers go
/// out with each turn, in order and with repeats: the runtime compares them with what it recorded.
/// </summary>
internal sealed class PatchDecisions
{
    private readonly HashSet<string> _recorded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _decided = new(StringComparer.Ordinal);
    private readonly List<string> _taken = [];

    public IReadOnlyList<string> Taken => _taken;

    /// <summary>Takes note of what the turns among these events recorded, before any of them is played.</summary>
    public void Note(IEnumerable<HistoryEvent> events)
    {
        foreach (var each in events)
            if (each.WorkflowStarted?.Version is { } version)
                _recorded.UnionWith(version.Patches);
    }

    public bool IsPatched(string name, bool isReplaying)
    {
        if (!_decided.TryGetValue(name, out var isPatched))
        {
            isPatched = !isReplaying || _recorded.Contains(name);
            _decided.Add(name, isPatched);
        }

        if (isPatched)
            _taken.Add(name);
        return isPatched;
    }
}
