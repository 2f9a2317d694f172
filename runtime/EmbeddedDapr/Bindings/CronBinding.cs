using System.Collections.Concurrent;
using System.Globalization;

namespace Dapr.Embedded.Bindings;

/// <summary>bindings.cron: an event without data at every tick. Ticks do not wait for each other; missed ones are not made up.</summary>
internal sealed class CronBinding(CronSchedule schedule, TimeProvider time) : IInputBinding
{
    public IReadOnlyList<string> Capabilities { get; } = ["INPUT_BINDING"];

    public async Task RunAsync(Func<BindingEvent, CancellationToken, Task> deliver, CancellationToken cancellationToken)
    {
        var underWay = new ConcurrentDictionary<Task, bool>();
        try
        {
            var due = schedule.Next(time.GetUtcNow());
            while (due is { } at)
            {
                await WaitUntilAsync(at, cancellationToken).ConfigureAwait(false);
                var delivery = deliver(Tick(time.GetUtcNow()), cancellationToken);
                underWay[delivery] = true;
                _ = delivery.ContinueWith(
                    done => underWay.TryRemove(done, out _),
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default
                );
                due = schedule.Next(time.GetUtcNow());
            }
        }
        finally
        {
            await Task.WhenAll(underWay.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Timers may fire a little early; a tick never does.</summary>
    private async Task WaitUntilAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        while (due - time.GetUtcNow() is { Ticks: > 0 } left)
            await Task.Delay(left < TimeSpan.FromDays(1) ? left : TimeSpan.FromDays(1), time, cancellationToken).ConfigureAwait(false);
    }

    private static BindingEvent Tick(DateTimeOffset now) =>
        new(
            ReadOnlyMemory<byte>.Empty,
            new Dictionary<string, string>
            {
                ["timeZone"] = "Local",
                ["readTimeUTC"] = now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fffffff '+0000 UTC'", CultureInfo.InvariantCulture),
            }
        );
}
