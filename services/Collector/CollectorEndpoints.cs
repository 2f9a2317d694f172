using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Collector;

/// <summary>Serves history for training and backfill: nobody else talks to Prometheus.</summary>
internal static class CollectorEndpoints
{
    private const int MaxColumns = 100_000;

    /// <summary>A day: what a grid of history is ever made of.</summary>
    private const int MaxStepSeconds = 86_400;

    public static void MapCollector(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/queries", QueriesAsync);
        routes.MapPost("/v1/history", HistoryAsync);
    }

    private static async Task<Results<Ok<CollectedQueriesV1>, ProblemHttpResult>> QueriesAsync(
        QueryCatalog catalog,
        AnomalyConfiguration configuration,
        PrometheusClient prometheus,
        Sharding sharding,
        QueryProblems problems,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var content = await catalog.GetAsync(cancellationToken);
            return TypedResults.Ok(
                new CollectedQueriesV1(
                    prometheus.Url,
                    configuration.Reader.Step.TotalSeconds,
                    sharding.Shards,
                    [.. content.Queries.Select(q => SignalJson.From(q.Signal))],
                    [.. content.Notes, .. problems.Current]
                )
            );
        }
        catch (PrometheusException e)
        {
            return Upstream(e);
        }
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> HistoryAsync(
        HistoryRequestV1 request,
        QueryCatalog catalog,
        PrometheusClient prometheus,
        CancellationToken cancellationToken
    )
    {
        if (request.StepSeconds is not (> 0 and <= MaxStepSeconds))
            return Bad($"stepSeconds: {request.StepSeconds} is outside 0 to {MaxStepSeconds}");
        var step = TimeSpan.FromSeconds(request.StepSeconds);
        var columns = step > TimeSpan.Zero ? ((request.End - request.Start) / step) + 1 : 0;
        if (columns is < 1 or > MaxColumns)
            return Bad(
                $"stepSeconds {request.StepSeconds} from {request.Start:u} to {request.End:u} is {columns:0} columns; ask for 1 to {MaxColumns}"
            );
        try
        {
            var query = (await catalog.GetAsync(cancellationToken)).Queries.FirstOrDefault(q => q.Name == request.Name);
            if (query is null)
                return TypedResults.Problem($"name: no query \"{request.Name}\" is collected", statusCode: StatusCodes.Status404NotFound);
            var answer = await prometheus.QueryRangeAsync(query.Query, request.Start, request.End, step, cancellationToken);
            var table = QueryTable.Of([(query, answer)], request.Start, step, (int)columns);
            return TypedResults.Bytes(SampleTableWire.ToBytes(table), MetricBatch.BinaryMediaType);
        }
        catch (PrometheusException e)
        {
            return Upstream(e);
        }

        static ProblemHttpResult Bad(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
    }

    private static ProblemHttpResult Upstream(PrometheusException e) =>
        TypedResults.Problem(e.Message, statusCode: e.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status502BadGateway);
}
