using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Anomaly.Platform.Hosting;
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
        // The page holds nothing; what it shows comes with the token that it was opened with.
        routes.MapGet("/", Page).For(RouteAccess.Anyone);
        routes.MapGet("/api/status", StatusAsync).For(RouteAccess.Reader);
        routes.MapGet("/federate", FederateAsync).For(RouteAccess.Anyone);
    }

    private static IResult Page(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return Results.Stream(typeof(ConsoleEndpoints).Assembly.GetManifestResourceStream("index.html")!, "text/html; charset=utf-8");
    }

    /// <summary>One document with a member for each part; null where a service does not answer, or has nothing to say yet.</summary>
    private static async Task<IResult> StatusAsync(ServiceCalls services, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(Parts.Select(p => services.GetAsync(p.AppId, p.Path, cancellationToken)));
        var status = new JsonObject();
        foreach (var (part, answer) in Parts.Zip(answers))
            status[part.Name] = Read(answer);
        status["down"] = await DownAsync(services, cancellationToken);
        return Results.Json(status);
    }

    /// <summary>The background loops of all services that do not work, each with its service.</summary>
    private static async Task<JsonArray> DownAsync(ServiceCalls services, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(Apps.All.Select(app => services.HealthAsync(app, cancellationToken)));
        JsonArray down = [];
        foreach (var (app, answer) in Apps.All.Zip(answers))
            if (Read(answer)?["down"] is JsonArray loops)
                foreach (var loop in loops.OfType<JsonObject>())
                {
                    var line = loop.DeepClone();
                    line["app"] = app;
                    down.Add(line);
                }
        return down;
    }

    private static JsonNode? Read(string? answer)
    {
        if (string.IsNullOrWhiteSpace(answer))
            return null;
        try
        {
            return JsonNode.Parse(answer);
        }
        catch (JsonException)
        {
            // A service that answers with something else is shown as one that does not answer; the others stay visible.
            return null;
        }
    }

    /// <summary>The metrics of every service in one scrape.</summary>
    private static async Task<IResult> FederateAsync(ServiceCalls services, CancellationToken cancellationToken)
    {
        var texts = await Task.WhenAll(Apps.All.Select(app => services.GetAsync(app, "metrics", cancellationToken)));
        return Results.Text(MetricsFederation.Merge(texts.OfType<string>()), "text/plain; version=0.0.4; charset=utf-8");
    }
}
