using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.App;

/// <summary>
/// What daprd asks every HTTP app first: GET /dapr/config. Its answer is about actors, which are not here, so only the asking remains.
/// </summary>
internal static class AppGreeting
{
    /// <summary>The answer is not needed: an app that never gives it must not hold up its subscriptions.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static async Task AskAsync(AppChannel app, string appId, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        if (app.IsGrpc)
            return;
        using var request = app.Request(HttpMethod.Get, "/dapr/config");
        request.Headers.TryAddWithoutValidation("dapr-app-id", appId);
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var answer = await app.SendAsync(request, both.Token).ConfigureAwait(false);
            log.LogDebug("{AppId}: GET /dapr/config answered {Status}", appId, (int)answer.StatusCode);
        }
        catch (HttpRequestException error)
        {
            log.LogWarning("{AppId}: GET /dapr/config failed: {Reason}", appId, error.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log.LogWarning(
                "{AppId}: GET /dapr/config was not answered within {Seconds} s; the sidecar goes on without it",
                appId,
                Limit.TotalSeconds
            );
        }
    }
}
