using System.Collections.Immutable;

namespace Dapr.Embedded.Names;

/// <summary>The names of the sidecars of this process.</summary>
internal sealed class LocalNames : INames
{
    private ImmutableList<SidecarAddress> addresses = [];

    public Task<IAsyncDisposable> RegisterAsync(SidecarAddress address, CancellationToken cancellationToken)
    {
        ImmutableInterlocked.Update(ref addresses, all => all.Add(address));
        return Task.FromResult<IAsyncDisposable>(new Registration(this, address));
    }

    public Task<SidecarAddress?> FindAsync(string appId, string ns, CancellationToken cancellationToken)
    {
        var found = addresses.Where(address => address.AppId == appId && address.Namespace == ns).ToList();
        return Task.FromResult(found.Count == 0 ? null : found[Random.Shared.Next(found.Count)]);
    }

    private sealed class Registration(LocalNames names, SidecarAddress address) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            ImmutableInterlocked.Update(ref names.addresses, all => all.Remove(address));
            return ValueTask.CompletedTask;
        }
    }
}
