using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Secrets;

/// <summary>Which secrets of a store the app may read: Configuration spec.secrets.scopes; a store that is not named there is open.</summary>
internal static class SecretScopes
{
    public static bool Allows(ConfigurationSpec configuration, string store, string secret)
    {
        var scope = (configuration.Section("secrets")?["scopes"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .FirstOrDefault(scope => Text(scope, "storeName") == store);
        if (scope is null)
            return true;
        var allowed = Names(scope, "allowedSecrets");
        if (allowed.Count > 0)
            return allowed.Contains(secret);
        return !Names(scope, "deniedSecrets").Contains(secret) && Text(scope, "defaultAccess")?.ToLowerInvariant() != "deny";
    }

    private static string? Text(JsonObject scope, string name) => scope[name]?.ToString();

    private static HashSet<string> Names(JsonObject scope, string name) =>
        [.. (scope[name] as JsonArray ?? []).Select(secret => secret?.ToString() ?? "")];
}
