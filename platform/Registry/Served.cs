namespace Dapr.Anomaly.Platform.Registry;

/// <summary>A version that is loaded. It is disposed when it is no longer the champion and nobody uses it any more.</summary>
public sealed class Served<T>
    where T : class
{
    private readonly T _model;

    /// <summary>The watcher's own use, and one for each lease.</summary>
    private int _uses = 1;

    internal Served(ModelVersion version, T model, DateTimeOffset loadedAt) =>
        (Version, Sha256, LoadedAt, _model) = (version.Version, version.Sha256, loadedAt, model);

    public string Version { get; }

    public string Sha256 { get; }

    public DateTimeOffset LoadedAt { get; }

    /// <returns>Null when the version has been let go of in the meantime.</returns>
    internal ChampionLease<T>? TryLease()
    {
        int uses;
        do
        {
            uses = Volatile.Read(ref _uses);
            if (uses == 0)
                return null;
        } while (Interlocked.CompareExchange(ref _uses, uses + 1, uses) != uses);
        return new(this, _model);
    }

    internal void Release()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
            (_model as IDisposable)?.Dispose();
    }
}

/// <summary>The champion for one piece of work: it stays loaded until the lease is disposed, also when another version takes over meanwhile.</summary>
public sealed class ChampionLease<T> : IDisposable
    where T : class
{
    private readonly Served<T> _served;
    private bool _disposed;

    internal ChampionLease(Served<T> served, T model) => (_served, Model) = (served, model);

    public string Version => _served.Version;

    public T Model { get; }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _served.Release();
    }
}
