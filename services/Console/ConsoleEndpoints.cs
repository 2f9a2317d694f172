using System.Text.Json.Nodes;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Console;

internal static class ConsoleEndpoints
{
    /// <summary>What the page shows, by name: whom to ask, and for what.</summary>
    private static readonly (string Name, string AppId, string Path)[] Parts =
    [
        ("source", Apps.Collector, "v1/queries"),
        ("series", Apps.Featurizer, "v1/summary"),
        ("model", Apps.Inference, "v1/model"),
        ("incidents", Apps.Alerts, "v1/incidents"),
        ("training", Apps.Trainer, "v1/training"),
    ];

    public static void MapConsole(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(
            "/",
            () => Results.Stream(typeof(ConsoleEndpoints).Assembly.GetManifestResourceStream("index.html")!, "text/html; charset=utf-8")
        );
        routes.MapGet("/api/status", StatusAsync);
        routes.MapGet("/federate", FederateAsync);
    }

    /// <summary>One document with a member for each part; null where a service does not answer.</summary>
    private static async Task<IResult> StatusAsync(ServiceCalls services, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(Parts.Select(p => services.GetAsync(p.AppId, p.Path, cancellationToken)));
        var status = new JsonObject();
        foreach (var (part, answer) in Parts.Zip(answers))
            status[part.Name] = answer is null ? null : JsonNode.Parse(answer);
        return Results.Json(status);
    }

    /// <summary>The metrics of every service in one scrape.</summary>
    private static async Task<IResult> FederateAsync(ServiceCalls services, CancellationToken cancellationToken)
    {
        var texts = await Task.WhenAll(Apps.All.Select(app => services.GetAsync(app, "metrics", cancellationToken)));
        return Results.Text(MetricsFederation.Merge(texts.OfType<string>()), "text/plain; version=0.0.4; charset=utf-8");
    }
}
