using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Components;

/// <summary>Looks up a secret; null when the store or the secret is missing.</summary>
internal delegate Task<string?> SecretLookup(string store, string name, string key, CancellationToken cancellationToken);

/// <summary>Turns a Component document into a spec: value templates filled in, secretKeyRef and envRef resolved.</summary>
internal sealed class ComponentReader(string appId, string? ns, Func<string, string?> environment)
{
    /// <exception cref="ResourceException">The document is incomplete or a reference does not resolve.</exception>
    public async Task<ComponentSpec> ReadAsync(ResourceDocument document, SecretLookup secrets, CancellationToken cancellationToken)
    {
        var spec = document.Spec;
        var type =
            Text(spec["type"])
            ?? throw new ResourceException($"{document.File}: component {document.Name} has no spec.type; give it one such as state.in-memory");
        var store = Text((document.Root["auth"] as JsonObject)?["secretStore"]);
        var values = new List<KeyValuePair<string, string>>();
        foreach (var entry in (spec["metadata"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var name =
                Text(entry["name"]) ?? throw new ResourceException($"{document.File}: component {document.Name} has a metadata entry without name");
            values.Add(new(name, await ValueAsync(document, entry, name, store, secrets, cancellationToken).ConfigureAwait(false)));
        }
        return new ComponentSpec(document.Name, type, Text(spec["version"]) ?? "v1", new ComponentMetadata(values))
        {
            IgnoreErrors = ComponentMetadata.IsTrue(Text(spec["ignoreErrors"])),
            InitTimeout = Text(spec["initTimeout"]) is { } text && GoDuration.TryParse(text, out var timeout) ? timeout : TimeSpan.FromSeconds(5),
            File = document.File,
        };
    }

    private async Task<string> ValueAsync(
        ResourceDocument document,
        JsonObject entry,
        string name,
        string? store,
        SecretLookup secrets,
        CancellationToken cancellationToken
    )
    {
        if (entry["secretKeyRef"] is JsonObject reference)
        {
            var secret = Text(reference["name"]) ?? "";
            var key = Text(reference["key"]) ?? secret;
            if (store is null)
                throw new ResourceException(
                    $"{document.File}: component {document.Name} takes {name} from secret {secret} but names no auth.secretStore"
                );
            return await secrets(store, secret, key, cancellationToken).ConfigureAwait(false)
                ?? throw new ResourceException(
                    $"{document.File}: component {document.Name} takes {name} from secret {secret} (key {key}) of secret store {store}, "
                        + $"which does not have it"
                );
        }
        if (Text(entry["envRef"]) is { } variable)
        {
            if (variable == "APP_API_TOKEN" || variable.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase))
                throw new ResourceException(
                    $"{document.File}: component {document.Name} may not read {name} from {variable}: APP_API_TOKEN and DAPR_* are refused"
                );
            return environment(variable) ?? "";
        }
        return Fill(Text(entry["value"]) ?? "");
    }

    private string Fill(string value) =>
        value.Contains('{', StringComparison.Ordinal)
            ? value
                .Replace("{uuid}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
                .Replace("{appID}", appId, StringComparison.Ordinal)
                .Replace("{podName}", environment("POD_NAME") ?? "", StringComparison.Ordinal)
                .Replace("{namespace}", ns is null ? appId : $"{ns}.{appId}", StringComparison.Ordinal)
            : value;

    private static string? Text(JsonNode? node) =>
        node?.GetValueKind() switch
        {
            null or System.Text.Json.JsonValueKind.Null => null,
            System.Text.Json.JsonValueKind.String => node.GetValue<string>(),
            _ => node.ToJsonString(),
        };
}
