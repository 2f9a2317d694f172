using System.Net;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>Says when a background loop of a service does not work, why, and when it works again, as its <c>/healthz</c> does.</summary>
/// <param name="get">Calls a service: app id and path. A service that is not well answers, too.</param>
internal sealed class HealthWatch(Func<string, string, CancellationToken, Task<HttpResponseMessage>> get, Action<PartChange> tell, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(string App, string Loop), string> _told = [];

    /// <summary>Looks until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var app in Apps.All)
                await LookAsync(app, cancellationToken);
            await Task.Delay(Every, time, cancellationToken);
        }
    }

    private async Task LookAsync(string app, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await get(app, "healthz", cancellationToken);
            if (answer.IsSuccessStatusCode)
                Tell(app, []);
            else if (
                answer.StatusCode == HttpStatusCode.ServiceUnavailable
                && await answer.Content.ReadFromJsonAsync<HealthV1>(MessageJson.Options, cancellationToken) is { } health
            )
                Tell(app, health.Down);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Text.Json.JsonException)
        {
            // A service that does not answer is told by whoever supervises it.
        }
    }

    private void Tell(string app, IReadOnlyList<LoopDown> down)
    {
        foreach (var loop in down)
            if (_told.GetValueOrDefault((app, loop.Loop)) != loop.Reason)
            {
                _told[(app, loop.Loop)] = loop.Reason;
                tell(new(app, IsUp: false, $"loop {loop.Loop} fails: {loop.Reason}; it is tried again"));
            }
        foreach (var key in _told.Keys.Where(k => k.App == app && down.All(d => d.Loop != k.Loop)).ToArray())
        {
            _told.Remove(key);
            tell(new(app, IsUp: true, $"loop {key.Loop} works again"));
        }
    }
}
