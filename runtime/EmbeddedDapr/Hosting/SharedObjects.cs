using System.Collections.Concurrent;
using Dapr.Embedded.Names;
using Dapr.Embedded.Storage;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// What all sidecars of one <see cref="EmbeddedDapr"/> share: clock, log, names, the folder on disk, and brokers and stores in memory by name.
/// </summary>
internal sealed class SharedObjects(TimeProvider time, ILoggerFactory loggerFactory, INames names, DataFolder? folder) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(Type Type, string Name), Lazy<object>> objects = new();

    public TimeProvider Time => time;

    public ILoggerFactory LoggerFactory => loggerFactory;

    public INames Names => names;

    /// <summary>Folder of everything on disk; null when the runtime keeps nothing on disk.</summary>
    public string? DataDirectory => folder?.Path;

    /// <summary>The object of that type and name, made by the first who asks; disposed with the runtime.</summary>
    public T GetOrAdd<T>(string name, Func<T> create)
        where T : class
    {
        var made = objects.GetOrAdd((typeof(T), name), _ => new Lazy<object>(create));
        try
        {
            return (T)made.Value;
        }
        catch
        {
            // A failure is not kept: the next who asks tries again.
            objects.TryRemove(new((typeof(T), name), made));
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var made in objects.Values.Select(one => one.Value))
        {
            if (made is IAsyncDisposable asynchronous)
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            else if (made is IDisposable disposable)
                disposable.Dispose();
        }
        if (names is IAsyncDisposable onDisk)
            await onDisk.DisposeAsync().ConfigureAwait(false);
        folder?.Dispose();
    }
}
