using Dapr.Anomaly.Platform.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry;

/// <summary>
/// Follows the champion alias: at once when a deployment is announced, else every 30 seconds. A version that cannot be loaded is refused with its reason, once, and the old one goes on.
/// Readers take a <see cref="Lease"/> for a piece of work; the version before is disposed when the last of them is back.
/// </summary>
/// <typeparam name="T">What a service makes of the version's files.</typeparam>
public sealed class ChampionWatcher<T>(
    IModelRegistry registry,
    DaprGate gate,
    ChampionLoader<T> loader,
    TimeProvider time,
    ILogger<ChampionWatcher<T>> logger
) : BackgroundService
    where T : class
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile Served<T>? _current;
    private string? _refused;

    /// <summary>What is served, or null before the first model.</summary>
    public Served<T>? Current => _current;

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
            var version = await registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Champion, cancellationToken);
            if (version is null || version.Version == _current?.Version || version.Version == _refused)
                return;
            await LoadAsync(version, cancellationToken);
        }
        catch (RegistryException e)
        {
            logger.LogWarning("{Message}; still serving {Version}", e.Message, Serving);
        }
        finally
        {
            _loading.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Poll, time);
        do await RefreshAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private string Serving => _current is { } current ? $"v{current.Version}" : "no model";

    private async Task LoadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        try
        {
            var files = await registry.DownloadAsync(version, cancellationToken);
            var loaded = new Served<T>(version, loader(version, files), time.GetUtcNow());
            var before = Interlocked.Exchange(ref _current, loaded);
            before?.Release();
            logger.LogInformation("serving model v{Version}", version.Version);
        }
        catch (InvalidDataException e)
        {
            _refused = version.Version;
            logger.LogError("model v{Version}: {Message}; still serving {Serving}", version.Version, e.Message, Serving);
        }
    }
}

/// <exception cref="InvalidDataException">The files do not fit this build.</exception>
public delegate T ChampionLoader<out T>(ModelVersion version, IReadOnlyDictionary<string, byte[]> files);
