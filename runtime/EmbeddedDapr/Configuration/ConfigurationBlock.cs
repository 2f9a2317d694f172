using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Configuration;

/// <summary>The configuration building block.</summary>
internal sealed class ConfigurationBlock(SidecarContext context) : BuildingBlock
{
    private readonly ConfigurationAccess configuration = new(context);

    public override IReadOnlyList<ComponentType> ComponentTypes { get; } =
    [
        new("configuration.in-memory", OpenMemoryAsync),
        new("configuration.redis", async (spec, _, _) => await RedisConfigurationStore.OpenAsync(spec).ConfigureAwait(false)),
    ];

    public override void MapHttp(IEndpointRouteBuilder routes) => new ConfigurationHttp(context, configuration).Map(routes);

    public override void MapGrpc(GrpcMethods methods) => new ConfigurationGrpc(configuration).Map(methods);

    public override Task DrainAsync(CancellationToken cancellationToken) => configuration.EndAllAsync().WaitAsync(cancellationToken);

    private static async Task<IComponent> OpenMemoryAsync(ComponentSpec spec, SidecarContext context, CancellationToken cancellationToken)
    {
        var items = context.Shared.GetOrAdd($"configuration/{spec.Name}", () => new MemoryConfiguration());
        await items
            .ReplaceAsync(spec.Metadata.All.ToDictionary(entry => entry.Key, entry => ConfigurationItem.Parse(entry.Value)))
            .ConfigureAwait(false);
        return new MemoryConfigurationStore(items);
    }
}
