using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Alerts;

internal static class AlertsEndpoints
{
    private const int DefaultLimit = 200;
    private const int MaxLimit = 1000;

    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        routes.MapTopic(
            "/anomalies",
            Topics.Anomalies,
            (_, content) => JsonMessage.Read<AnomalyBatchV1>(content),
            async (services, batch, cancellationToken) =>
            {
                foreach (var column in batch.ByTime())
                    await services.GetRequiredService<IncidentService>().HandleAsync(column, cancellationToken);
            }
        );
        routes.MapGet("/v1/incidents", ListAsync);
    }

    /// <summary>Newest first, how many are open, and what has not been told yet.</summary>
    private static async Task<Ok<IncidentListV1>> ListAsync(
        IncidentService incidents,
        CancellationToken cancellationToken,
        int limit = DefaultLimit
    ) => TypedResults.Ok(await incidents.ListAsync(Math.Clamp(limit, 1, MaxLimit), cancellationToken));
}
