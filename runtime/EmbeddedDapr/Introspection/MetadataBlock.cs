using Dapr.Embedded.Hosting;

namespace Dapr.Embedded.Introspection;

/// <summary>/v1.0/metadata: what the sidecar is made of.</summary>
internal sealed class MetadataBlock(SidecarContext context) : BuildingBlock
{
    public SidecarDescription Describe()
    {
        var description = new SidecarDescription();
        foreach (var block in context.Blocks)
            block.Describe(description);
        return description;
    }
}
