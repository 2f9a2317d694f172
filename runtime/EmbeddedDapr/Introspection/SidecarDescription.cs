namespace Dapr.Embedded.Introspection;

/// <summary>A subscription as the metadata route lists it.</summary>
internal sealed record SubscriptionDescription(
    string PubSubName,
    string Topic,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<(string Match, string Path)> Rules,
    string DeadLetterTopic,
    string Type
);

/// <summary>What GET /v1.0/metadata and GetMetadata tell; filled by the building blocks for each request.</summary>
internal sealed class SidecarDescription
{
    public List<string> EnabledFeatures { get; } = [];

    public List<SubscriptionDescription> Subscriptions { get; } = [];

    public List<string> Resiliencies { get; } = [];

    public List<string> HttpEndpoints { get; } = [];

    /// <summary>Workers connected to the workflow engine.</summary>
    public int ConnectedWorkflowWorkers { get; set; }

    /// <summary>True when the workflow engine has a store and can run.</summary>
    public bool WorkflowsHosted { get; set; }
}
