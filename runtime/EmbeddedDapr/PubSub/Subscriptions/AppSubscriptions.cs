using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Embedded.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Subscriptions;

/// <summary>Asks an HTTP app for its subscriptions at <c>GET /dapr/subscribe</c>.</summary>
internal sealed class AppSubscriptions(SidecarContext context, ILogger log)
{
    private const int Tries = 4;

    /// <summary>Time for one answer: the app has just come up and may be slow, but not silent for ever.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What the app answers; none when it has no such route or its answer cannot be read.</summary>
    public async Task<IReadOnlyList<Subscription>> AskAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var limit = new CancellationTokenSource(Limit, context.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                using var request = context.App.Request(HttpMethod.Get, "/dapr/subscribe");
                request.Headers.TryAddWithoutValidation("dapr-app-id", context.AppId);
                using var answer = await context.App.SendAsync(request, both.Token).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                    return Read(await answer.Content.ReadAsStringAsync(both.Token).ConfigureAwait(false));
                if ((int)answer.StatusCode != 404)
                    log.LogWarning(
                        "{AppId}: the app answers GET /dapr/subscribe with {Status}; it gets no events",
                        context.AppId,
                        (int)answer.StatusCode
                    );
                return [];
            }
            catch (Exception error) when (Failed(error, cancellationToken) && attempt < Tries)
            {
                log.LogWarning(
                    "{AppId}: GET /dapr/subscribe failed, try {Attempt} of {Tries}: {Reason}",
                    context.AppId,
                    attempt,
                    Tries,
                    Reason(error)
                );
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1000, 500 * Math.Pow(1.5, attempt - 1))), context.Time, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception error) when (Failed(error, cancellationToken))
            {
                log.LogError(
                    "{AppId}: GET /dapr/subscribe failed {Tries} times, the app gets no events: {Reason}",
                    context.AppId,
                    Tries,
                    Reason(error)
                );
                return [];
            }
        }
    }

    private static bool Failed(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private static string Reason(Exception error) => error is OperationCanceledException ? $"no answer within {Limit.TotalSeconds} s" : error.Message;

    private List<Subscription> Read(string body)
    {
        var subscriptions = new List<Subscription>();
        try
        {
            foreach (var entry in (JsonNode.Parse(body) as JsonArray ?? []).OfType<JsonObject>())
            {
                if (SubscriptionReader.Read(entry, SubscriptionType.Programmatic, "app") is { } subscription)
                    subscriptions.Add(subscription);
            }
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            log.LogError("{AppId}: the answer to GET /dapr/subscribe cannot be used: {Reason}", context.AppId, error.Message);
        }
        return subscriptions;
    }
}
