using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry;

/// <summary>
/// Follows the champion alias: at once when a deployment is announced, else every 30 seconds. A version that cannot be loaded is refused with its
/// reason, once, and the one before goes on; after a start there is none before, so the newest version that loads is served in its place. Readers
/// take a <see cref="ChampionLease{T}"/> for a piece of work; the version before is disposed when the last of them is back.
/// </summary>
/// <typeparam name="T">What a service makes of the version's files.</typeparam>
public sealed class ChampionWatcher<T>(IModelRegistry registry, ChampionLoader<T> loader, LoopHost host, ILogger<ChampionWatcher<T>> logger)
    : ServiceLoop("model", host)
    where T : class
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(30);

    /// <summary>A file that is put right is served soon.</summary>
    private static readonly TimeSpan PollWhileRefused = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile Served<T>? _current;
    private volatile ModelRefusal? _refused;

    /// <summary>What is served, or null before the first model.</summary>
    public Served<T>? Current => _current;

    /// <summary>Why the champion is not what is served, if so.</summary>
    public ModelRefusal? Refused => _refused;

    /// <summary>The champion for one piece of work, or null before the first model.</summary>
    public ChampionLease<T>? Lease()
    {
        while (_current is { } current)
            if (current.TryLease() is { } lease)
                return lease;
        return null;
    }

    /// <summary>Loads the champion if it is another one than the one that is served.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (!await ServeChampionAsync(cancellationToken) && _current is null)
                await ServeNewestAsync(cancellationToken);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Loads a version and lets it go again, to know before it is promoted that it can be served here.</summary>
    /// <exception cref="RegistryException">There is no such version, or its files cannot be read.</exception>
    /// <exception cref="InvalidDataException">The files do not fit this build.</exception>
    public async Task TryLoadAsync(string version, CancellationToken cancellationToken)
    {
        var known =
            (await registry.ListVersionsAsync(ModelAliases.Model, cancellationToken)).FirstOrDefault(v => v.Version == version)
            ?? throw new RegistryException($"model \"{ModelAliases.Model}\" has no version {version} in {registry.Location}");
        (await LoadAsync(known, cancellationToken) as IDisposable)?.Dispose();
    }

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        await Task.Delay(_refused is null ? Poll : PollWhileRefused, Time, cancellationToken);
    }

    private string Serving => _current is { } current ? $"v{current.Version}" : "no model";

    /// <returns>False when there is a champion, or should be one, that cannot be served.</returns>
    private async Task<bool> ServeChampionAsync(CancellationToken cancellationToken)
    {
        string? version = null;
        try
        {
            var champion = await registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Champion, cancellationToken);
            version = champion?.Version;
            if (champion is not null && version != _current?.Version)
                await ServeAsync(champion, cancellationToken);
            _refused = null;
            return true;
        }
        catch (Exception e) when (e is RegistryException or InvalidDataException)
        {
            Refuse(new(version, e.Message));
            return false;
        }
    }

    private async Task ServeNewestAsync(CancellationToken cancellationToken)
    {
        foreach (var version in await registry.ListVersionsAsync(ModelAliases.Model, cancellationToken))
        {
            if (version.Version == _refused?.Version)
                continue;
            try
            {
                await ServeAsync(version, cancellationToken);
                return;
            }
            catch (Exception e) when (e is RegistryException or InvalidDataException)
            {
                logger.LogWarning("model v{Version}: {Message}; the one before it is tried", version.Version, e.Message);
            }
        }
    }

    private async Task ServeAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var model = await LoadAsync(version, cancellationToken);
        Interlocked.Exchange(ref _current, new(version, model, Time.GetUtcNow()))?.Release();
        loader.Serving(version, model);
        logger.LogInformation("serving model v{Version}", version.Version);
    }

    private async Task<T> LoadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var files = await registry.DownloadAsync(version, cancellationToken);
        try
        {
            return loader.Load(version, files);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a reader of files stumbles over, the version cannot be served.
            throw new InvalidDataException(e.Message, e);
        }
    }

    private void Refuse(ModelRefusal refusal)
    {
        if (refusal != _refused)
            logger.LogError(
                "champion {Version}: {Reason}; still serving {Serving}",
                refusal.Version is { } version ? $"v{version}" : "unknown",
                refusal.Reason,
                Serving
            );
        _refused = refusal;
    }
}
