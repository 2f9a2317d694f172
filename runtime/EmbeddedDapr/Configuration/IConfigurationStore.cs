using Dapr.Embedded.Components;

namespace Dapr.Embedded.Configuration;

/// <summary>A configuration value with its version.</summary>
internal sealed record ConfigurationItem(string Value, string Version)
{
    /// <summary>Stores keep both in one text, "value||version".</summary>
    public static ConfigurationItem Parse(string stored)
    {
        var at = stored.LastIndexOf("||", StringComparison.Ordinal);
        return at < 0 ? new ConfigurationItem(stored, "") : new ConfigurationItem(stored[..at], stored[(at + 2)..]);
    }
}

/// <summary>Told of changed items.</summary>
internal delegate Task ConfigurationChanged(IReadOnlyDictionary<string, ConfigurationItem> items);

/// <summary>A configuration store.</summary>
internal interface IConfigurationStore : IComponent
{
    /// <summary>The items of the keys that exist; no keys mean all.</summary>
    Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>Tells of every change of the keys (none: of all) until the subscription is disposed.</summary>
    Task<IAsyncDisposable> SubscribeAsync(IReadOnlyList<string> keys, ConfigurationChanged changed, CancellationToken cancellationToken);
}
