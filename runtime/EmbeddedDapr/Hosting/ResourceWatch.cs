using Dapr.Embedded.Resources;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// Looks at the resources folders once a second and reloads when a YAML file was added, changed or removed. Looking, unlike file
/// events, works on every file system and has no limit of watches.
/// </summary>
internal sealed class ResourceWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource ended = new();
    private readonly Task watching;

    public ResourceWatch(SidecarContext context, Func<CancellationToken, Task> reload) =>
        watching =
            context.Options.ResourcesPaths.Count == 0
                ? Task.CompletedTask
                : WatchAsync(context, reload, context.LoggerFactory.CreateLogger<ResourceWatch>());

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended.Dispose();
    }

    private async Task WatchAsync(SidecarContext context, Func<CancellationToken, Task> reload, ILogger log)
    {
        var seen = Fingerprint(context.Options.ResourcesPaths);
        using var timer = new PeriodicTimer(Interval, context.Time);
        while (await timer.WaitForNextTickAsync(ended.Token).ConfigureAwait(false))
        {
            var now = Fingerprint(context.Options.ResourcesPaths);
            if (now == seen)
                continue;
            seen = now;
            try
            {
                log.LogInformation("{AppId}: the resources changed", context.AppId);
                await reload(ended.Token).ConfigureAwait(false);
            }
            catch (ResourceException error)
            {
                log.LogError("{AppId}: the resources as they were stay in force: {Reason}", context.AppId, error.Message);
            }
        }
    }

    private static string Fingerprint(IReadOnlyList<string> folders) =>
        string.Join(
            '\n',
            folders
                .Where(Directory.Exists)
                .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles())
                .Where(file => file.Extension.ToLowerInvariant() is ".yaml" or ".yml")
                .Select(file => $"{file.FullName} {file.LastWriteTimeUtc.Ticks} {(file.Exists ? file.Length : 0)}")
                .Order(StringComparer.Ordinal)
        );
}
