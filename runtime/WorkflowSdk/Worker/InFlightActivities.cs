using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Activities being worked on. One that is delivered again meanwhile, because its stream was lost, is not run twice: its answer goes to
/// the latest delivery.
/// </summary>
internal sealed class InFlightActivities
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Delivery> _latest = [];

    /// <summary>The delivery that the caller is to work on; null where somebody works on an earlier one already.</summary>
    public Delivery? Begin(Key key, string completionToken)
    {
        lock (_gate)
        {
            var isKnown = _latest.TryGetValue(key, out var before);
            Delivery delivery = new(completionToken, before.Number + 1);
            _latest[key] = delivery;
            return isKnown ? null : delivery;
        }
    }

    public Delivery Latest(Key key)
    {
        lock (_gate)
            return _latest[key];
    }

    /// <summary>Ends the work with the answer to a delivery; false where there was a later one, which wants an answer too.</summary>
    public bool End(Key key, Delivery answered)
    {
        lock (_gate)
            return _latest[key] == answered && _latest.Remove(key);
    }

    /// <summary>Ends the work without an answer.</summary>
    public void Abandon(Key key)
    {
        lock (_gate)
            _latest.Remove(key);
    }

    public readonly record struct Key(string InstanceId, int TaskId, string TaskExecutionId)
    {
        public static Key Of(ActivityRequest request) => new(request.WorkflowInstance?.InstanceId ?? "", request.TaskId, request.TaskExecutionId);
    }

    public readonly record struct Delivery(string CompletionToken, int Number);
}
