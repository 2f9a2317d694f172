using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Delivery;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Subscriptions;

/// <summary>Keeps one pump running for each subscription that is wanted and whose component is there.</summary>
internal sealed class ActiveSubscriptions(SidecarContext context, Func<Subscription, IBroker, PumpParts> parts, ILogger log) : IAsyncDisposable
{
    private readonly SemaphoreSlim changing = new(1);
    private readonly Dictionary<string, SubscriptionPump> pumps = new(StringComparer.Ordinal);
    private IReadOnlyList<Subscription> wanted = [];
    private bool closed;

    /// <summary>The subscriptions that run now.</summary>
    public IReadOnlyList<Subscription> Running
    {
        get
        {
            lock (pumps)
                return [.. pumps.Values.Select(pump => pump.Subscription)];
        }
    }

    /// <summary>Starts what is new and stops what is gone.</summary>
    /// <param name="subscriptions">Asked once no other change is under way, so that the last state wins.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SetAsync(Func<IReadOnlyList<Subscription>> subscriptions, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            wanted = subscriptions();
            await AdjustAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>A component came: start what waited for it.</summary>
    public async Task ComponentStartedAsync(CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AdjustAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>A component goes: stop what it feeds.</summary>
    public async Task ComponentStoppingAsync(string name, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var (key, pump) in Snapshot().Where(entry => entry.Value.Subscription.PubSubName == name))
                await StopAsync(key, pump, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Stops everything; deliveries under way end before <paramref name="limit"/> or go back to the broker.</summary>
    public async Task CloseAsync(CancellationToken limit)
    {
        await changing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            closed = true;
            await Task.WhenAll(Snapshot().Select(entry => StopAsync(entry.Key, entry.Value, limit))).ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        changing.Dispose();
    }

    private async Task AdjustAsync(CancellationToken cancellationToken)
    {
        if (closed)
            return;
        var keys = wanted.Select(subscription => subscription.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, pump) in Snapshot().Where(entry => !keys.Contains(entry.Key)))
            await StopAsync(key, pump, cancellationToken).ConfigureAwait(false);
        foreach (var subscription in wanted)
        {
            if (!Has(subscription.Key) && context.Components.Find<IBroker>(subscription.PubSubName) is { } broker)
                await StartAsync(subscription, broker, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StartAsync(Subscription subscription, IBroker broker, CancellationToken cancellationToken)
    {
        if (!broker.Scopes.MaySubscribe(subscription.Topic))
        {
            log.LogError(
                "{AppId}: subscription to topic {Topic} of {PubSub} is not allowed by the component's scopes",
                context.AppId,
                subscription.Topic,
                subscription.PubSubName
            );
            return;
        }
        try
        {
            var (pipeline, gate) = parts(subscription, broker);
            var pump = await SubscriptionPump.StartAsync(subscription, broker, pipeline, gate, log, cancellationToken).ConfigureAwait(false);
            lock (pumps)
                pumps[subscription.Key] = pump;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.LogError(
                error,
                "{AppId}: subscription to topic {Topic} of {PubSub} failed",
                context.AppId,
                subscription.Topic,
                subscription.PubSubName
            );
        }
    }

    private async Task StopAsync(string key, SubscriptionPump pump, CancellationToken limit)
    {
        lock (pumps)
            pumps.Remove(key);
        await pump.StopAsync(limit).ConfigureAwait(false);
    }

    private bool Has(string key)
    {
        lock (pumps)
            return pumps.ContainsKey(key);
    }

    private List<KeyValuePair<string, SubscriptionPump>> Snapshot()
    {
        lock (pumps)
            return [.. pumps];
    }
}

/// <summary>What the pump of one subscription is made of.</summary>
internal readonly record struct PumpParts(DeliveryPipeline Pipeline, DeliveryGate Gate);
