using System.Collections.Concurrent;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Workflows.Tests.Support;

/// <summary>The collector's two calls, with failures as a test wants them. What a query is called says what it measures: one workload <c>a</c>, a
/// wave.</summary>
/// <param name="fail">Status and detail for a query and the span that is asked for, or nothing where it is answered.</param>
internal sealed class FakeCollector(string[] queries, Func<string, TimeSpan, (int Status, string Detail)?> fail)
{
    public ConcurrentQueue<(string Name, TimeSpan Span, double StepSeconds)> Asked { get; } = [];

    public WebApplication Build(string[] args)
    {
        var app = AnomalyApp.CreateBuilder(Apps.Collector, args).Build();
        app.UseAnomalyDefaults();
        app.MapGet(
            "/v1/queries",
            () =>
                fail("", TimeSpan.Zero) is { } failure
                    ? Results.Problem(failure.Detail, statusCode: failure.Status)
                    : Results.Ok(
                        new CollectedQueriesV1(
                            "http://prometheus",
                            Trainings.Step.TotalSeconds,
                            1,
                            [.. queries.Select(q => new SignalJson(q, SignalKind.Cpu, "cores"))],
                            []
                        )
                    )
        );
        app.MapPost("/v1/history", Answer);
        return app;
    }

    private IResult Answer(HistoryRequestV1 request)
    {
        var (span, step) = (request.End - request.Start, TimeSpan.FromSeconds(request.StepSeconds));
        Asked.Enqueue((request.Name, span, request.StepSeconds));
        if (fail(request.Name, span) is { } failure)
            return Results.Problem(failure.Detail, statusCode: failure.Status);
        var wave = Trainings.Wave("a", request.Start, step, (int)(span / step) + 1);
        return Results.Bytes(
            request.Name == "empty"
                ? Trainings.Frame(request.Start, step)
                : Trainings.Frame(request.Start, step, (Trainings.Series("a", request.Name), wave)),
            MetricBatch.BinaryMediaType
        );
    }
}
