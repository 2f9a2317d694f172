using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.State;

/// <summary>The state building block.</summary>
internal sealed class StateBlock(SidecarContext context) : BuildingBlock
{
    private readonly StateAccess state = new(context);

    public override IReadOnlyList<ComponentType> ComponentTypes { get; } =
    [
        new(
            "state.in-memory",
            (spec, context, _) =>
                Task.FromResult<IComponent>(new MemoryStateStore(context.Shared.GetOrAdd($"state/{spec.Name}", () => new MemoryRows(context.Time))))
        ),
        new("state.redis", async (spec, _, _) => await RedisStateStore.OpenAsync(spec).ConfigureAwait(false)),
        new("state.sqlite", OpenSqliteAsync),
        new("state.sqlite3", OpenSqliteAsync),
    ];

    public override void MapHttp(IEndpointRouteBuilder routes) => new StateHttp(state, context.Options.MaxBodySizeBytes).Map(routes);

    public override void MapGrpc(GrpcMethods methods) => new StateGrpc(state).Map(methods);

    private static async Task<IComponent> OpenSqliteAsync(ComponentSpec spec, SidecarContext context, CancellationToken cancellationToken) =>
        await SqliteStateStore.OpenAsync(spec, context, cancellationToken).ConfigureAwait(false);
}
