using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Anomaly.Platform.Registry;

public static class ChampionEndpoint
{
    /// <summary>Subscribes to announced deployments, so that <see cref="ChampionWatcher{T}"/> need not wait for its next look.</summary>
    public static void MapChampion<T>(this IEndpointRouteBuilder routes)
        where T : class =>
        routes
            .MapPost(
                "/model-deployed",
                async (ModelDeployedV1 deployed, ChampionWatcher<T> champion, CancellationToken cancellationToken) =>
                {
                    if (deployed is { Model: ModelAliases.Model, Alias: ModelAliases.Champion })
                        await champion.RefreshAsync(cancellationToken);
                    return Results.Ok();
                }
            )
            .WithTopic(Topics.PubSub, Topics.ModelDeployed);
}
