using System.Globalization;
using System.Text;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Embedded;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Anomaly.Services.Tests.Access;

/// <summary>One route and what came of each kind of call; the columns of docs/routes.md.</summary>
internal sealed record RouteRow(string Part, string Verb, string Pattern, string Policy, IReadOnlyList<string> Outcomes)
{
    public string Markdown => $"| {Part} | {Verb} | `{Pattern}` | {Policy} | {string.Join(" | ", Outcomes)} |";
}

/// <summary>Every route of every service and of a sidecar, read from the running programs and called in every way.</summary>
internal static class RouteTable
{
    private const string TokenHeader = "dapr-api-token";

    public static async Task<IReadOnlyList<RouteRow>> OfServiceAsync(string appId, string folder)
    {
        await using var app = Build(appId, folder);
        await app.StartAsync();
        var port = new Uri(app.Urls.First()).Port;
        var routes = ((IEndpointRouteBuilder)app)
            .DataSources.SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .SelectMany(route =>
                (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(verb =>
                    (
                        Verb: verb,
                        Pattern: "/" + route.RoutePattern.RawText!.TrimStart('/'),
                        Access: route.Metadata.GetMetadata<DeclaredAccess>()?.Access ?? RouteAccess.Sidecar
                    )
                )
            )
            .ToList();
        return await RowsAsync(
            routes.Select(route => (appId, route.Verb, route.Pattern, PolicyOf(route.Access))),
            (caller, verb, pattern) => Probe.HttpAsync(caller, TokenHeader, port, verb, pattern)
        );
    }

    public static async Task<IReadOnlyList<RouteRow>> OfSidecarAsync(Sidecar sidecar)
    {
        List<RouteRow> rows = [];
        foreach (var api in sidecar.Routes.GroupBy(route => (route.Api, route.Port)))
            rows.AddRange(
                await RowsAsync(
                    api.Select(route => ($"sidecar, {NameOf(api.Key.Api)}", route.Verb ?? "any", route.Pattern, PolicyOf(route))),
                    (caller, verb, pattern) =>
                        api.Key.Api switch
                        {
                            SidecarApi.Grpc => Probe.GrpcAsync(caller, TokenHeader, api.Key.Port, pattern),
                            // The token of this port is known to sidecars of this user only: nobody here has the right one.
                            SidecarApi.Internal => Probe.GrpcAsync(caller, "dapr-embedded-token", api.Key.Port, pattern),
                            _ => Probe.HttpAsync(caller, TokenHeader, api.Key.Port, verb == "any" ? "GET" : verb, pattern),
                        }
                )
            );
        return rows;
    }

    public static string Markdown(IEnumerable<RouteRow> rows)
    {
        var text = new StringBuilder("| Port of | Verb | Route | For |");
        foreach (var caller in Caller.All)
            text.Append(CultureInfo.InvariantCulture, $" {caller.Name} |");
        text.Append("\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var row in rows)
            text.Append(row.Markdown).Append('\n');
        return text.ToString();
    }

    private static WebApplication Build(string appId, string folder) =>
        ServiceList
            .All.Single(service => service.AppId == appId)
            .Build([
                $"--{AnomalyApp.AppTokenKey}={Caller.RightToken}",
                $"--{AnomalyApp.ConsoleTokenKey}=the-token-of-the-console",
                // Nobody listens there: what is let in ends at once.
                "--DAPR_HTTP_ENDPOINT=http://127.0.0.1:9",
                "--DAPR_GRPC_ENDPOINT=http://127.0.0.1:9",
                "--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9",
                $"--ANOMALY_REGISTRY={folder}/registry",
                $"--ANOMALY_LOG_FILE={folder}/log",
            ]);

    private static async Task<IReadOnlyList<RouteRow>> RowsAsync(
        IEnumerable<(string Part, string Verb, string Pattern, string Policy)> routes,
        Func<Caller, string, string, Task<string>> call
    )
    {
        var rows = routes
            .Distinct()
            .OrderBy(route => route.Pattern, StringComparer.Ordinal)
            .ThenBy(route => route.Verb, StringComparer.Ordinal)
            .Select(async route =>
            {
                var outcomes = await Task.WhenAll(Caller.All.Select(caller => call(caller, route.Verb, route.Pattern)));
                return new RouteRow(route.Part, route.Verb, route.Pattern, route.Policy, outcomes);
            });
        return await Task.WhenAll(rows);
    }

    private static string PolicyOf(RouteAccess access) =>
        access switch
        {
            RouteAccess.Anyone => "anyone on this machine",
            RouteAccess.Reader => "console or sidecar",
            _ => "sidecar",
        };

    private static string PolicyOf(ApiRoute route) =>
        route.Api switch
        {
            SidecarApi.Internal => "other sidecars",
            SidecarApi.Public => "anyone",
            _ => route.Pattern.StartsWith("/v1.0/healthz", StringComparison.Ordinal) ? "anyone on this machine" : "holder of the API token",
        };

    private static string NameOf(SidecarApi api) =>
        api == SidecarApi.Grpc ? "gRPC"
        : api == SidecarApi.Http ? "HTTP"
        : api.ToString().ToLowerInvariant();
}
