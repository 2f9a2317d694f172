using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Alerts;

internal static class AlertsEndpoints
{
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

    /// <summary>Newest first, and what has not been told yet.</summary>
    private static async Task<Ok<IncidentListV1>> ListAsync(IncidentService incidents, CancellationToken cancellationToken)
    {
        var pending = await incidents.PendingAsync(cancellationToken);
        var state = incidents.State;
        return TypedResults.Ok(
            new IncidentListV1(
                [.. state.Recent.Select(i => i with { HeldBack = state.Budgets.HeldBack.Contains(i.Id) ? true : null })],
                [.. pending.Select(p => new PendingRouteV1(p.Incident.Id, p.Route))]
            )
        );
    }
}
