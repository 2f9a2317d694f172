using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Registry;

public static class ChampionEndpoint
{
    /// <summary>
    /// Subscribes to announced deployments, so that <see cref="ChampionWatcher{T}"/> need not wait for its next look, and answers
    /// <c>POST /v1/model/check</c>: 204 for a version that can be served here, else 422 with the reason.
    /// </summary>
    public static void MapChampion<T>(this IEndpointRouteBuilder routes)
        where T : class
    {
        routes.MapTopic(
            "/model-deployed",
            Topics.ModelDeployed,
            (_, content) => JsonMessage.Read<ModelDeployedV1>(content),
            async (services, deployed, cancellationToken) =>
            {
                if (deployed is { Model: ModelAliases.Model, Alias: ModelAliases.Champion })
                    await services.GetRequiredService<ChampionWatcher<T>>().RefreshAsync(cancellationToken);
            }
        );
        routes.MapPost("/v1/model/check", CheckAsync<T>).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CheckAsync<T>(
        CheckModelV1 question,
        ChampionWatcher<T> champion,
        CancellationToken cancellationToken
    )
        where T : class
    {
        try
        {
            await champion.TryLoadAsync(question.Version, cancellationToken);
            return TypedResults.NoContent();
        }
        catch (Exception e) when (e is RegistryException or InvalidDataException)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status422UnprocessableEntity);
        }
    }
}
