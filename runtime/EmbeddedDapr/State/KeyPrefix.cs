using Dapr.Embedded.Components;
using Dapr.Embedded.Errors;
using Grpc.Core;

namespace Dapr.Embedded.State;

/// <summary>
/// How a store's keys are told apart by app: component metadata keyPrefix, one of appid (default), namespace, name, none, or any text.
/// </summary>
internal sealed class KeyPrefix
{
    private const string Separator = "||";
    private readonly string prefix;

    private KeyPrefix(string prefix) => this.prefix = prefix;

    public static KeyPrefix Of(ComponentSpec component, string appId, string? ns)
    {
        var strategy = component.Metadata.Text("keyPrefix") ?? "appid";
        return new KeyPrefix(
            strategy.ToLowerInvariant() switch
            {
                "appid" => appId + Separator,
                "namespace" => (string.IsNullOrEmpty(ns) ? appId : $"{ns}.{appId}") + Separator,
                "name" => component.Name + Separator,
                "none" => "",
                _ => strategy + Separator,
            }
        );
    }

    /// <exception cref="DaprApiException">The key contains the separator.</exception>
    public string Add(string key, string store)
    {
        if (!key.Contains(Separator, StringComparison.Ordinal))
            return prefix + key;
        var message = $"input key/keyPrefix '{key}' can't contain '{Separator}'";
        throw new DaprApiException(400, StatusCode.InvalidArgument, "ERR_MALFORMED_REQUEST", message)
        {
            Details = [ErrorDetails.Field(key, message), ErrorDetails.Resource("state", store), ErrorDetails.Info("DAPR_STATE_ILLEGAL_KEY")],
        };
    }
}
