using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Workflows.Tests.Support;

/// <summary>A workflow's context that answers activities as a test says and remembers what was asked: enough for workflows that only call
/// activities.</summary>
internal sealed class FakeWorkflowContext(Func<string, object?, object?> activity) : WorkflowContext
{
    public static readonly DateTime Now = new(2026, 1, 5, 12, 0, 7, DateTimeKind.Utc);

    public List<(string Activity, object? Input, WorkflowTaskOptions? Options)> Calls { get; } = [];

    public List<object?> Statuses { get; } = [];

    public override string Name => "TrainModel";

    public override string InstanceId => "train-1";

    public override DateTime CurrentUtcDateTime => Now;

    public override bool IsReplaying => false;

    public override bool IsPatched(string patchName) => true;

    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        Calls.Add((name, input, options));
        return Task.FromResult((T)activity(name, input)!);
    }

    public override void SetCustomStatus(object? customStatus) => Statuses.Add(customStatus);

    public override ILogger CreateReplaySafeLogger(string categoryName) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger(Type type) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger<T>() => NullLogger.Instance;

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override void SendEvent(string instanceId, string eventName, object payload) => throw new NotSupportedException();

    public override Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName,
        object? input = null,
        ChildWorkflowTaskOptions? options = null
    ) => throw new NotSupportedException();

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => throw new NotSupportedException();

    public override Guid NewGuid() => throw new NotSupportedException();

    public override PropagatedHistory? GetPropagatedHistory() => null;
}
