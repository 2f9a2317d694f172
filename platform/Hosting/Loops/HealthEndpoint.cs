using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary><c>GET /healthz</c>: 204 while all loops work, else 503 with those that are down, since when, and why.</summary>
internal static class HealthEndpoint
{
    public static RouteHandlerBuilder MapHealth(this IEndpointRouteBuilder routes) => routes.MapGet("/healthz", Health);

    private static IResult Health(LoopHost loops) =>
        loops.Down is { Count: > 0 } down
            ? Results.Json(new HealthV1(down), statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.NoContent();
}
