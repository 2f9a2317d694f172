namespace Dapr.Workflow;

/// <summary>
/// Registrations made by generated module initializers, before there is a service collection. Static because generated code has no
/// other place to put them; <c>AddDaprWorkflow</c> takes them over.
/// </summary>
public static class WorkflowAutoRegistry
{
    private static readonly Lock Gate = new();
    private static readonly List<Action<WorkflowRuntimeOptions>> Registrations = [];

    /// <summary>Adds a registration that every later <c>AddDaprWorkflow</c> applies.</summary>
    public static void Register(Action<WorkflowRuntimeOptions> registration)
    {
        ArgumentNullException.ThrowIfNull(registration);
        lock (Gate)
            Registrations.Add(registration);
    }

    internal static void ApplyTo(WorkflowRuntimeOptions options)
    {
        Action<WorkflowRuntimeOptions>[] all;
        lock (Gate)
            all = [.. Registrations];
        foreach (var registration in all)
            registration(options);
    }
}
