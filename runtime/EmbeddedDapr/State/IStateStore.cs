using Dapr.Embedded.Components;

namespace Dapr.Embedded.State;

/// <summary>A stored value: its bytes, its etag and, when it expires, the time.</summary>
internal sealed record StateEntry(byte[] Value, string ETag, DateTimeOffset? Expires);

/// <summary>
/// A write of one key. <paramref name="Value"/> null deletes. An etag must match; without one, <paramref name="FirstWrite"/> demands
/// that there is no row yet. <paramref name="Ttl"/> null keeps the value for ever.
/// </summary>
internal sealed record StateWrite(string Key, byte[]? Value, string? ETag, bool FirstWrite, TimeSpan? Ttl);

/// <summary>Why a store refused a write.</summary>
internal enum StateRefusal
{
    /// <summary>The row has another etag, or none is there, or first-write met an existing row: 409 / Aborted.</summary>
    ETagMismatch,

    /// <summary>The store's etags look otherwise: 400 / InvalidArgument.</summary>
    ETagInvalid,

    /// <summary>Anything else: 500 / Internal.</summary>
    Other,
}

/// <summary>A store refused a write.</summary>
internal sealed class StateStoreException(StateRefusal refusal, string message, Exception? cause = null) : Exception(message, cause)
{
    public StateRefusal Refusal { get; } = refusal;
}

/// <summary>A state store. Keys arrive with their prefix; a write is durable, as far as the store is, when its task completes.</summary>
internal interface IStateStore : IComponent
{
    /// <summary>The rows of the keys in their order; null where there is none or it expired.</summary>
    Task<IReadOnlyList<StateEntry?>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <exception cref="StateStoreException">The write was refused.</exception>
    Task WriteAsync(StateWrite write, CancellationToken cancellationToken);

    /// <summary>All writes or none, in their order.</summary>
    /// <exception cref="StateStoreException">One was refused.</exception>
    Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken);
}
