using Dapr.DurableTask.Protobuf;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>How long finished instances are kept by the way they ended; null is until they are purged.</summary>
internal sealed record RetentionPolicy(TimeSpan? AnyTerminal, TimeSpan? Completed, TimeSpan? Failed, TimeSpan? Terminated)
{
    public static RetentionPolicy KeepAll { get; } = new(null, null, null, null);

    public bool KeepsAll => this == KeepAll;

    public TimeSpan? For(OrchestrationStatus status) =>
        status switch
        {
            OrchestrationStatus.Completed => Completed ?? AnyTerminal,
            OrchestrationStatus.Failed => Failed ?? AnyTerminal,
            OrchestrationStatus.Terminated => Terminated ?? AnyTerminal,
            _ => AnyTerminal,
        };
}
