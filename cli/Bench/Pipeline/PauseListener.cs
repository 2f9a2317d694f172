using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>How long each garbage collection stopped this process.</summary>
internal sealed class PauseListener : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords GarbageCollection = (EventKeywords)1;

    private readonly ConcurrentQueue<double> _milliseconds = new();
    private DateTime _suspended;

    /// <summary>The pauses since the last call, in milliseconds.</summary>
    public IReadOnlyList<double> Take()
    {
        List<double> taken = [];
        while (_milliseconds.TryDequeue(out var one))
            taken.Add(one);
        return taken;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
            EnableEvents(eventSource, EventLevel.Informational, GarbageCollection);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // One thread writes them in order: the one that collects.
        if (eventData.EventName?.StartsWith("GCSuspendEEBegin", StringComparison.Ordinal) == true)
            _suspended = eventData.TimeStamp;
        else if (eventData.EventName?.StartsWith("GCRestartEEEnd", StringComparison.Ordinal) == true && _suspended != default)
            _milliseconds.Enqueue((eventData.TimeStamp - _suspended).TotalMilliseconds);
    }
}
