using System.Collections.Immutable;

namespace Dapr.Embedded.Configuration;

/// <summary>
/// configuration.in-memory: the metadata of the component are the items. A change of its file tells the subscribers, by hot reload.
/// daprd has no such type; it saves tests a Redis.
/// </summary>
internal sealed class MemoryConfigurationStore(MemoryConfiguration configuration) : IConfigurationStore
{
    public IReadOnlyList<string> Capabilities => [];

    public Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        Task.FromResult(configuration.Get(keys));

    public Task<IAsyncDisposable> SubscribeAsync(IReadOnlyList<string> keys, ConfigurationChanged changed, CancellationToken cancellationToken) =>
        Task.FromResult(configuration.Subscribe(keys, changed));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The items behind configuration.in-memory; it outlives the reload of the component, and so do its subscriptions.</summary>
internal sealed class MemoryConfiguration
{
    private ImmutableDictionary<string, ConfigurationItem> items = ImmutableDictionary<string, ConfigurationItem>.Empty;
    private ImmutableList<(IReadOnlyList<string> Keys, ConfigurationChanged Changed)> subscriptions = [];

    public IReadOnlyDictionary<string, ConfigurationItem> Get(IReadOnlyList<string> keys) => Of(items, keys);

    public IAsyncDisposable Subscribe(IReadOnlyList<string> keys, ConfigurationChanged changed)
    {
        var subscription = (keys, changed);
        ImmutableInterlocked.Update(ref subscriptions, all => all.Add(subscription));
        return new Subscription(() => ImmutableInterlocked.Update(ref subscriptions, all => all.Remove(subscription)));
    }

    /// <summary>Puts new items in place of the old and tells of those that differ.</summary>
    public async Task ReplaceAsync(IReadOnlyDictionary<string, ConfigurationItem> next)
    {
        var before = Interlocked.Exchange(ref items, next.ToImmutableDictionary(StringComparer.Ordinal));
        var changes = next.Where(item => !before.TryGetValue(item.Key, out var old) || old != item.Value)
            .ToImmutableDictionary(StringComparer.Ordinal);
        foreach (var (keys, changed) in subscriptions)
        {
            if (Of(changes, keys) is { Count: > 0 } wanted)
                await changed(wanted).ConfigureAwait(false);
        }
    }

    private static ImmutableDictionary<string, ConfigurationItem> Of(
        ImmutableDictionary<string, ConfigurationItem> all,
        IReadOnlyList<string> keys
    ) => keys.Count == 0 ? all : all.Where(item => keys.Contains(item.Key)).ToImmutableDictionary(StringComparer.Ordinal);

    private sealed class Subscription(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
