namespace Dapr.Embedded.Hosting;

/// <summary>The parts of a sidecar, one line for each building block.</summary>
internal static class BuildingBlocks
{
    public static IReadOnlyList<BuildingBlock> Create(SidecarContext context) =>
        [
            new Resiliency.ResiliencyBlock(context),
            new AccessControl.AccessControlBlock(context),
            new Middleware.MiddlewareBlock(context),
            new AppHealth.AppHealthBlock(context),
            new PubSub.PubSubBlock(context),
            new Invocation.InvocationBlock(context),
            new Introspection.HealthBlock(context),
            new Introspection.MetadataBlock(context),
            new State.StateBlock(context),
            new Secrets.SecretsBlock(context),
            new Configuration.ConfigurationBlock(context),
            new Locks.LocksBlock(context),
            new Bindings.BindingsBlock(context),
            new Workflows.WorkflowBlock(context),
        ];
}
