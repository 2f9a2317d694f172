using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Alerts;

public static class AlertsEndpoints
{
    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPost("/anomalies", HandleAsync)
            .WithTopic(
                new TopicOptions
                {
                    PubsubName = Topics.PubSub,
                    Name = Topics.Anomalies,
                    DeadLetterTopic = Topics.DeadLetters,
                }
            );
        routes.MapGet("/v1/incidents", ListAsync);
    }

    private static async Task<Ok> HandleAsync(AnomalyBatchV1 batch, IncidentService keeper, CancellationToken cancellationToken)
    {
        await keeper.HandleAsync(batch, cancellationToken);
        return TypedResults.Ok();
    }

    /// <summary>Newest first, and what has not been told yet.</summary>
    private static async Task<Ok<IncidentPage>> ListAsync(IncidentService keeper, CancellationToken cancellationToken)
    {
        var pending = await keeper.PendingAsync(cancellationToken);
        var state = keeper.State;
        return TypedResults.Ok(
            new IncidentPage(
                [.. state.Recent.Select(i => ListedIncidentV1.From(i, state.Budgets.HeldBack.Contains(i.Id)))],
                [.. pending.Select(p => new PendingRoute(p.Incident.Id, p.Route))]
            )
        );
    }
}

/// <summary>The answer as those read it who want the incidents only.</summary>
public sealed record IncidentList(IReadOnlyList<IncidentV1> Incidents, IReadOnlyList<PendingRoute> Pending);

public sealed record PendingRoute(string Incident, string Route);
