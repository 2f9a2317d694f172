using Dapr.Embedded.Components;

namespace Dapr.Embedded.Resources;

/// <summary>A snapshot of everything that the resources folders and the Configuration say to one app; a reload makes a new one.</summary>
internal sealed record ResourceSet(
    IReadOnlyList<ComponentSpec> Components,
    IReadOnlyList<ResourceDocument> Documents,
    ConfigurationSpec Configuration
)
{
    public static ResourceSet Empty { get; } = new([], [], ConfigurationSpec.Empty);

    /// <summary>
    /// The documents of a kind other than Component and Configuration: Subscription, Resiliency, HTTPEndpoint, WorkflowAccessPolicy.
    /// </summary>
    public IEnumerable<ResourceDocument> OfKind(string kind) => Documents.Where(document => document.Kind == kind);
}
