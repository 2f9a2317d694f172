namespace Dapr.Workflow.Worker.Replay;

/// <summary>
/// Which patches this instance takes. A name is decided once: by history where the code is replayed, else true. All true answers go
/// out with each turn, in order and with repeats: the runtime compares them with what it recorded.
/// </summary>
internal sealed class PatchDecisions(IEnumerable<string> recorded)
{
    private readonly HashSet<string> _recorded = new(recorded, StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _decided = new(StringComparer.Ordinal);
    private readonly List<string> _taken = [];

    public IReadOnlyList<string> Taken => _taken;

    public bool IsPatched(string name, bool isReplaying)
    {
        if (!_decided.TryGetValue(name, out var isPatched))
        {
            isPatched = !isReplaying || _recorded.Contains(name);
            _decided.Add(name, isPatched);
        }

        if (isPatched) _taken.Add(name);
        return isPatched;
    }
}
