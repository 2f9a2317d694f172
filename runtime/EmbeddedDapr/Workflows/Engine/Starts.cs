using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Trace = Dapr.DurableTask.Protobuf.TraceContext;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>Makes executionStarted events.</summary>
internal static class Starts
{
    public static HistoryEvent Event(
        string instanceId,
        string name,
        string? input,
        Timestamp? dueAt,
        Trace? trace,
        string appId,
        Timestamp now,
        string executionId
    )
    {
        var start = new ExecutionStartedEvent
        {
            Name = name,
            Input = input,
            ScheduledStartTimestamp = dueAt,
            ParentTraceContext = trace,
            WorkflowSpanID = SpanOf(trace),
            WorkflowInstance = new WorkflowInstance { InstanceId = instanceId, ExecutionId = executionId },
        };
        return new HistoryEvent
        {
            EventId = -1,
            Timestamp = now,
            ExecutionStarted = start,
            Router = new TaskRouter { SourceAppID = appId },
        };
    }

    /// <summary>The trace that a client gave, without the deprecated span id.</summary>
    public static Trace? TraceOf(Trace? given) =>
        given is null or { TraceParent: "" } ? null : new Trace { TraceParent = given.TraceParent, TraceState = given.TraceState };

    /// <summary>The span id in a W3C traceparent (version-trace-span-flags).</summary>
    private static string? SpanOf(Trace? trace) => trace?.TraceParent.Split('-') is [_, _, var span, _] ? span : null;
}
