using System.Text.Json.Nodes;

namespace Dapr.Embedded.Resources;

/// <summary>One YAML document of a resources folder: its kind and its spec, scalars kept as JSON values.</summary>
internal sealed record ResourceDocument(string Kind, string ApiVersion, string Name, IReadOnlyList<string> Scopes, JsonObject Root, string File)
{
    /// <summary>The spec; empty when the document has none.</summary>
    public JsonObject Spec => Root["spec"] as JsonObject ?? [];

    /// <summary>Whether the resource is meant for this app; no scopes mean all apps.</summary>
    public bool IsFor(string appId) => Scopes.Count == 0 || Scopes.Contains(appId, StringComparer.Ordinal);
}

/// <summary>A resource that cannot be used: the message names the file or component, the key, what was seen and what would be right.</summary>
internal sealed class ResourceException(string message, Exception? cause = null) : Exception(message, cause);
