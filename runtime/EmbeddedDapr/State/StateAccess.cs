using System.Collections.Concurrent;
using System.Globalization;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Grpc.Core;

namespace Dapr.Embedded.State;

/// <summary>One item of a save or transaction as either protocol brings it.</summary>
internal sealed record StateItem(
    string Key,
    byte[]? Value,
    string? ETag,
    IReadOnlyDictionary<string, string> Metadata,
    string Concurrency,
    string Consistency
);

/// <summary>What the state API does, the same for HTTP and gRPC: finds the store, adds the key prefix, checks options, names errors.</summary>
internal sealed class StateAccess(SidecarContext context)
{
    private readonly ConcurrentDictionary<string, (IStateStore Store, KeyPrefix Prefix)> prefixes = new(StringComparer.Ordinal);

    public async Task<StateEntry?> GetAsync(string store, string key, CancellationToken cancellationToken)
    {
        var (found, prefix) = Find(store);
        var rows = await ReadAsync(
                store,
                found,
                [prefix.Add(key, store)],
                "ERR_STATE_GET",
                $"fail to get {key} from state store {store}: ",
                cancellationToken
            )
            .ConfigureAwait(false);
        return rows[0];
    }

    public async Task<IReadOnlyList<StateEntry?>> GetBulkAsync(string store, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var (found, prefix) = Find(store);
        var stored = keys.Select(key => prefix.Add(key, store)).ToList();
        return stored.Count == 0 ? [] : await ReadAsync(store, found, stored, "ERR_STATE_BULK_GET", "", cancellationToken).ConfigureAwait(false);
    }

    public async Task SaveAsync(string store, IReadOnlyList<StateItem> items, CancellationToken cancellationToken)
    {
        var (found, prefix) = Find(store);
        var failed = $"failed saving state in state store {store}: ";
        foreach (var item in items)
        {
            if (item.Key.Length == 0)
                throw new DaprApiException(400, StatusCode.InvalidArgument, "ERR_STATE_SAVE", "state key cannot be empty");
        }
        var keys = items.Select(item => prefix.Add(item.Key, store)).ToList();
        await GuardAsync(
                "ERR_STATE_SAVE",
                failed,
                () =>
                {
                    var writes = items.Select((item, i) => Write(keys[i], item)).ToList();
                    return writes.Count == 1
                        ? WriteAsync(store, found, writes[0], cancellationToken)
                        : Task.WhenAll(writes.Select(write => WriteAsync(store, found, write, cancellationToken)));
                }
            )
            .ConfigureAwait(false);
    }

    public Task DeleteAsync(string store, StateItem item, CancellationToken cancellationToken)
    {
        var (found, prefix) = Find(store);
        var key = prefix.Add(item.Key, store);
        return GuardAsync(
            "ERR_STATE_DELETE",
            $"failed deleting state with key {item.Key}: ",
            () => WriteAsync(store, found, Write(key, item with { Value = null }), cancellationToken)
        );
    }

    /// <summary>Runs operations ("upsert" or "delete") all or none.</summary>
    public Task TransactAsync(string store, IReadOnlyList<(string Operation, StateItem Item)> operations, CancellationToken cancellationToken)
    {
        var (found, prefix) = Find(store);
        foreach (var (operation, _) in operations)
        {
            if (operation is not ("upsert" or "delete"))
                throw new DaprApiException(
                    400,
                    StatusCode.Unimplemented,
                    "ERR_NOT_SUPPORTED_STATE_OPERATION",
                    $"operation type {operation} not supported"
                );
        }
        var keys = operations.Select(operation => prefix.Add(operation.Item.Key, store)).ToList();
        if (keys.Count == 0)
            return Task.CompletedTask;
        return GuardAsync(
            "ERR_STATE_TRANSACTION",
            "error while executing state transaction: ",
            () =>
            {
                var writes = operations
                    .Select((one, i) => Write(keys[i], one.Operation == "delete" ? one.Item with { Value = null } : one.Item))
                    .ToList();
                return context.Policies.OutboundAsync(
                    store,
                    async token =>
                    {
                        await found.TransactAsync(writes, token).ConfigureAwait(false);
                        return true;
                    },
                    cancellationToken
                );
            }
        );
    }

    /// <summary>Queries are refused: no store here has them.</summary>
    public DaprApiException QueryRefused(string store)
    {
        Find(store);
        return new DaprApiException(500, StatusCode.Internal, "ERR_STATE_STORE_NOT_SUPPORTED", $"state store {store} doesn't support query");
    }

    private static StateWrite Write(string key, StateItem item)
    {
        if (item.Concurrency is not ("" or "first-write" or "last-write"))
            throw new StateStoreException(StateRefusal.Other, $"unrecognized concurrency model '{item.Concurrency}'");
        if (item.Consistency is not ("" or "eventual" or "strong"))
            throw new StateStoreException(StateRefusal.Other, $"unrecognized consistency model '{item.Consistency}'");
        return new StateWrite(
            key,
            item.Value,
            item.ETag is { Length: > 0 } etag ? etag : null,
            item.Concurrency == "first-write",
            Ttl(item.Metadata)
        );
    }

    private static TimeSpan? Ttl(IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.GetValueOrDefault("ttlInSeconds") is not { Length: > 0 } text)
            return null;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) || seconds > int.MaxValue)
            throw new StateStoreException(StateRefusal.Other, $"failed to parse ttl from metadata: \"{text}\" is no whole number of seconds");
        return seconds <= 0 ? null : TimeSpan.FromSeconds(seconds);
    }

    private static async Task GuardAsync(string errorCode, string failed, Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (StateStoreException refused)
        {
            throw (refused.Refusal, errorCode) switch
            {
                (_, "ERR_STATE_TRANSACTION") => new DaprApiException(500, StatusCode.Internal, errorCode, failed + refused.Message),
                (StateRefusal.ETagMismatch, _) => new DaprApiException(409, StatusCode.Aborted, errorCode, failed + refused.Message),
                (StateRefusal.ETagInvalid, _) => new DaprApiException(400, StatusCode.InvalidArgument, errorCode, failed + refused.Message),
                _ => new DaprApiException(500, StatusCode.Internal, errorCode, failed + refused.Message),
            };
        }
        catch (Exception error) when (error is not DaprApiException and not OperationCanceledException)
        {
            throw new DaprApiException(500, StatusCode.Internal, errorCode, failed + error.Message);
        }
    }

    private async Task<IReadOnlyList<StateEntry?>> ReadAsync(
        string store,
        IStateStore found,
        IReadOnlyList<string> keys,
        string errorCode,
        string failed,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await context.Policies.OutboundAsync(store, token => found.GetAsync(keys, token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not DaprApiException and not OperationCanceledException)
        {
            throw new DaprApiException(500, StatusCode.Internal, errorCode, failed + error.Message);
        }
    }

    private Task WriteAsync(string store, IStateStore found, StateWrite write, CancellationToken cancellationToken) =>
        context.Policies.OutboundAsync(
            store,
            async token =>
            {
                await found.WriteAsync(write, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken
        );

    private (IStateStore Store, KeyPrefix Prefix) Find(string name)
    {
        if (context.Components.Find<IStateStore>(name) is not { } store)
            throw Missing(name);
        if (prefixes.TryGetValue(name, out var known) && known.Store == store)
            return known;
        var spec = context.Components.All.First(component => component.Instance == store).Spec;
        return prefixes[name] = (store, KeyPrefix.Of(spec, context.AppId, context.Options.Namespace));
    }

    private DaprApiException Missing(string name) =>
        context.Components.Any<IStateStore>()
            ? new DaprApiException(400, StatusCode.InvalidArgument, "ERR_STATE_STORE_NOT_FOUND", $"state store {name} is not found")
            {
                Details = [ErrorDetails.Info("DAPR_STATE_NOT_FOUND", ("appID", context.AppId))],
            }
            : new DaprApiException(500, StatusCode.FailedPrecondition, "ERR_STATE_STORE_NOT_CONFIGURED", $"state store {name} is not configured")
            {
                Details = [ErrorDetails.Info("DAPR_STATE_NOT_CONFIGURED", ("appID", context.AppId))],
            };
}
