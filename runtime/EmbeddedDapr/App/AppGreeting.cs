using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.App;

/// <summary>What daprd asks every HTTP app first: GET /dapr/config. Its answer is about actors, which are not here, so only the asking remains.</summary>
internal static class AppGreeting
{
    public static async Task AskAsync(AppChannel app, string appId, ILogger log, CancellationToken cancellationToken)
    {
        if (app.IsGrpc)
            return;
        using var request = app.Request(HttpMethod.Get, "/dapr/config");
        request.Headers.TryAddWithoutValidation("dapr-app-id", appId);
        try
        {
            using var answer = await app.SendAsync(request, cancellationToken).ConfigureAwait(false);
            log.LogDebug("{AppId}: GET /dapr/config answered {Status}", appId, (int)answer.StatusCode);
        }
        catch (HttpRequestException error)
        {
            log.LogWarning("{AppId}: GET /dapr/config failed: {Reason}", appId, error.Message);
        }
    }
}
