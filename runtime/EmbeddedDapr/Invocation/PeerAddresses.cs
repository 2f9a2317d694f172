using System.Collections.Concurrent;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Names;

namespace Dapr.Embedded.Invocation;

/// <summary>
/// Where the sidecars of other apps are. Asking the names costs a file access, so an answer holds for a second, or until a call fails.
/// </summary>
internal sealed class PeerAddresses(SidecarContext context)
{
    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(1);

    /// <summary>A sidecar may just be starting: wait a moment before calling its app unknown.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string AppId, string Namespace), (SidecarAddress Address, long At)> known = new();

    /// <summary>An address of the app, null when none is known within a moment.</summary>
    public async Task<SidecarAddress?> FindAsync(string appId, string ns, CancellationToken cancellationToken)
    {
        var begin = context.Time.GetTimestamp();
        if (known.TryGetValue((appId, ns), out var held) && context.Time.GetElapsedTime(held.At, begin) < Holds)
            return held.Address;
        while (true)
        {
            if (await context.Names.FindAsync(appId, ns, cancellationToken).ConfigureAwait(false) is { } address)
            {
                known[(appId, ns)] = (address, begin);
                return address;
            }
            known.TryRemove((appId, ns), out _);
            if (context.Time.GetElapsedTime(begin) > Patience)
                return null;
            await Task.Delay(TimeSpan.FromMilliseconds(100), context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The address did not answer as it should; the next call asks again.</summary>
    public void Forget(SidecarAddress address) => known.TryRemove((address.AppId, address.Namespace), out _);
}
