using System.Collections.Concurrent;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Grpc.Core;

namespace Dapr.Embedded.Configuration;

/// <summary>Reads and subscriptions of configuration, the same for both protocols.</summary>
internal sealed class ConfigurationAccess(SidecarContext context)
{
    private readonly ConcurrentDictionary<string, (IAsyncDisposable Source, Action Ended)> subscriptions = new(StringComparer.Ordinal);

    public async Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(
        string store,
        IReadOnlyList<string> keys,
        CancellationToken cancellationToken
    )
    {
        var found = Find(store);
        try
        {
            return await context.Policies.OutboundAsync(store, token => found.GetAsync(keys, token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not DaprApiException and not OperationCanceledException)
        {
            throw new DaprApiException(
                500,
                StatusCode.Internal,
                "ERR_CONFIGURATION_GET",
                $"failed to get {string.Join(' ', keys)} from Configuration store {store}: {error.Message}"
            );
        }
    }

    /// <summary>
    /// The id of a new subscription; <paramref name="changed"/> is told it with every change, <paramref name="ended"/> is called once.
    /// </summary>
    public async Task<string> SubscribeAsync(
        string store,
        IReadOnlyList<string> keys,
        Func<string, IReadOnlyDictionary<string, ConfigurationItem>, Task> changed,
        Action ended,
        CancellationToken cancellationToken
    )
    {
        var found = Find(store);
        var id = Guid.NewGuid().ToString();
        try
        {
            subscriptions[id] = (await found.SubscribeAsync(keys, items => changed(id, items), cancellationToken).ConfigureAwait(false), ended);
            return id;
        }
        catch (Exception error) when (error is not DaprApiException and not OperationCanceledException)
        {
            throw new DaprApiException(
                500,
                StatusCode.InvalidArgument,
                "ERR_CONFIGURATION_SUBSCRIBE",
                $"failed to subscribe {string.Join(' ', keys)} from Configuration store {store}: {error.Message}"
            );
        }
    }

    /// <summary>False when there is no such subscription.</summary>
    public Task<bool> UnsubscribeAsync(string store, string id)
    {
        Find(store);
        return EndAsync(id);
    }

    public async Task EndAllAsync()
    {
        foreach (var id in subscriptions.Keys)
            await EndAsync(id).ConfigureAwait(false);
    }

    public async Task<bool> EndAsync(string id)
    {
        if (!subscriptions.TryRemove(id, out var subscription))
            return false;
        await subscription.Source.DisposeAsync().ConfigureAwait(false);
        subscription.Ended();
        return true;
    }

    private IConfigurationStore Find(string store) =>
        context.Components.Find<IConfigurationStore>(store)
        ?? throw (
            context.Components.Any<IConfigurationStore>()
                ? new DaprApiException(400, StatusCode.InvalidArgument, "ERR_CONFIGURATION_STORE_NOT_FOUND", $"configuration store {store} not found")
                : new DaprApiException(
                    500,
                    StatusCode.FailedPrecondition,
                    "ERR_CONFIGURATION_STORE_NOT_CONFIGURED",
                    "configuration stores not configured"
                )
        );
}
