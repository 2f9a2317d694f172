using Dapr.Embedded.Components;

namespace Dapr.Embedded.Locks;

/// <summary>What became of an unlock; the numbers are on the wire.</summary>
internal enum UnlockOutcome
{
    Done = 0,
    NoSuchLock = 1,
    OtherOwner = 2,
    InternalError = 3,
}

/// <summary>Locks that expire. Resources arrive with their prefix.</summary>
internal interface ILockStore : IComponent
{
    /// <summary>True when the lock was free; the owner of a lock does not get it a second time.</summary>
    Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken);

    Task<UnlockOutcome> UnlockAsync(string resource, string owner, CancellationToken cancellationToken);
}
