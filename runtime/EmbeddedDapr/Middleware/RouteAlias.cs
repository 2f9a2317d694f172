using System.Text;
using System.Text.RegularExpressions;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Dapr.Embedded.Middleware;

/// <summary>
/// <c>middleware.http.routeralias</c>: other paths for routes of the API. Metadata <c>routes</c> is a dictionary in JSON or YAML, from a path
/// such as <c>/orders/{id}</c> to a route; what the braces match becomes a query parameter of that name.
/// </summary>
internal sealed partial class RouteAlias(IReadOnlyList<(Regex Path, string Route)> aliases) : IHttpMiddleware
{
    public static ComponentType Type { get; } = new("middleware.http.routeralias", (spec, _, _) => Task.FromResult<IComponent>(Read(spec)));

    public IReadOnlyList<string> Capabilities => [];

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path.Value ?? "";
        foreach (var (pattern, route) in aliases)
        {
            if (pattern.Match(path) is not { Success: true } match)
                continue;
            var query = QueryHelpers
                .ParseQuery(http.Request.QueryString.Value)
                .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)))
                .Concat(
                    pattern
                        .GetGroupNames()
                        .Where(name => name != "0")
                        .Select(name => KeyValuePair.Create(name, (string?)Decoded(match.Groups[name].Value)))
                )
                .OrderBy(pair => pair.Key, StringComparer.Ordinal);
            http.Request.QueryString = QueryString.Create(query);
            http.Request.Path = route;
            // Where the decoded path is not enough, routes read the target as it came.
            http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = route + http.Request.QueryString.Value;
            break;
        }
        return next(http);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The server decodes all of a path but encoded slashes.</summary>
    private static string Decoded(string text) => text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static RouteAlias Read(ComponentSpec spec)
    {
        // Before there was "routes", each metadata entry was an alias.
        var routes = spec.Metadata.Text("routes") is { } text
            ? (
                YamlDocuments.Read(text, $"component {spec.Name}, metadata routes") is [var only]
                    ? only
                    : throw new ResourceException("metadata routes is no dictionary of paths")
            ).Select(route => (route.Key, Route: route.Value?.ToString() ?? ""))
            : spec.Metadata.All.Select(entry => (entry.Key, Route: entry.Value));
        return new RouteAlias([
            .. routes.Select(route =>
                (
                    Pattern(route.Key),
                    route.Route.StartsWith('/')
                        ? route.Route
                        : throw new ResourceException(
                            $"metadata routes: {route.Key} goes to \"{route.Route}\", expected a path such as /v1.0/invoke/orders/method/list"
                        )
                )
            ),
        ]);
    }

    private static Regex Pattern(string path)
    {
        var pattern = new StringBuilder("^");
        var at = 0;
        foreach (Match brace in Brace().Matches(path))
        {
            pattern
                .Append(Regex.Escape(path[at..brace.Index]))
                .Append("(?<")
                .Append(brace.Groups[1].Value)
                .Append('>')
                .Append(brace.Groups[2].Success ? brace.Groups[2].Value : "[^/]+")
                .Append(')');
            at = brace.Index + brace.Length;
        }
        try
        {
            return new Regex(
                pattern.Append(Regex.Escape(path[at..])).Append('$').ToString(),
                RegexOptions.CultureInvariant,
                TimeSpan.FromMilliseconds(100)
            );
        }
        catch (RegexParseException error)
        {
            throw new ResourceException($"metadata routes: {path} cannot be read: {error.Message}", error);
        }
    }

    [GeneratedRegex(@"\{([A-Za-z_]\w*)(?::([^}]+))?\}")]
    private static partial Regex Brace();
}
