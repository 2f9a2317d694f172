using System.Collections.Immutable;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Names;
using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded;

/// <summary>
/// A Dapr-compatible runtime inside this process, for development, demos and tests; production is Dapr on Kubernetes. It hosts one or
/// many sidecars, each on its own pair of ports; they share brokers and stores in memory and find each other by app id.
/// </summary>
public sealed class EmbeddedDapr : IAsyncDisposable
{
    private readonly SharedObjects shared;
    private ImmutableDictionary<string, Sidecar> sidecars = ImmutableDictionary<string, Sidecar>.Empty;

    private EmbeddedDapr(SharedObjects shared) => this.shared = shared;

    /// <summary>Running sidecars by app id.</summary>
    public IReadOnlyDictionary<string, Sidecar> Sidecars => sidecars;

    /// <exception cref="EmbeddedDaprException">An option or a resource cannot be used; the message says which and what would be right.</exception>
    public static async Task<EmbeddedDapr> StartAsync(EmbeddedDaprOptions options, CancellationToken cancellationToken)
    {
        var dapr = new EmbeddedDapr(await ShareAsync(options, cancellationToken).ConfigureAwait(false));
        try
        {
            foreach (var sidecar in options.Sidecars)
                await dapr.AddSidecarAsync(sidecar, cancellationToken).ConfigureAwait(false);
            return dapr;
        }
        catch
        {
            await dapr.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts one more sidecar; it listens when the task completes, and waits for its app by itself.</summary>
    /// <exception cref="EmbeddedDaprException">As for <see cref="StartAsync"/>.</exception>
    public async Task<Sidecar> AddSidecarAsync(SidecarOptions options, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(options.AppId))
            throw new EmbeddedDaprException("the app id is empty; give each sidecar its own, for example \"orders\"");
        if (sidecars.ContainsKey(options.AppId))
            throw new EmbeddedDaprException($"app id {options.AppId}: a sidecar of this runtime has it already");
        try
        {
            var host = await SidecarHost.StartAsync(options, shared, cancellationToken).ConfigureAwait(false);
            var sidecar = new Sidecar(host, gone => ImmutableInterlocked.TryRemove(ref sidecars, gone.AppId, out _));
            ImmutableInterlocked.TryAdd(ref sidecars, options.AppId, sidecar);
            return sidecar;
        }
        catch (Exception error) when (error is Resources.ResourceException or IOException)
        {
            throw new EmbeddedDaprException($"{options.AppId}: {error.Message}", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(sidecars.Values.Select(sidecar => sidecar.DisposeAsync().AsTask())).ConfigureAwait(false);
        await shared.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<SharedObjects> ShareAsync(EmbeddedDaprOptions options, CancellationToken cancellationToken)
    {
        INames names = options.NamesDirectory is { } shared
            ? await OpenAsync("names", shared, () => DiskNames.OpenAsync(shared, options.Time, cancellationToken)).ConfigureAwait(false)
            : new LocalNames();
        if (options.DataDirectory is not { } path)
            return new SharedObjects(options.Time, options.LoggerFactory, names, null);
        var folder =
            await OpenAsync("data", path, () => Task.FromResult(DataFolder.TryOpen(path))).ConfigureAwait(false)
            ?? throw new EmbeddedDaprException($"data directory {path}: another process uses it; give each runtime its own");
        return new SharedObjects(options.Time, options.LoggerFactory, names, folder);
    }

    private static async Task<T> OpenAsync<T>(string what, string folder, Func<Task<T>> open)
    {
        try
        {
            return await open().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedDaprException($"{what} directory {folder}: {error.Message}; give a folder that this user may write", error);
        }
    }
}

/// <summary>The runtime could not start: one line that names the option, file or component, what was seen and what would be right.</summary>
public sealed class EmbeddedDaprException(string message, Exception? innerException = null) : Exception(message, innerException);
