using System.Text.Json;
using Dapr.Embedded.PubSub.Routing.Cel;

namespace Dapr.Embedded.PubSub.Routing;

/// <summary>A rule: events that match go to the path. No expression matches every event.</summary>
internal sealed record Route(CelExpression? Match, string Path);

/// <summary>The rules of a subscription in order, the default last.</summary>
internal sealed class RouteTable(IReadOnlyList<Route> routes)
{
    public IReadOnlyList<Route> Routes => routes;

    /// <summary>A table of one route that takes everything.</summary>
    public static RouteTable Of(string path) => new([new Route(null, path)]);

    /// <exception cref="FormatException">A rule's expression does not parse.</exception>
    public static RouteTable Of(IEnumerable<(string? Match, string Path)> rules, string? otherwise)
    {
        var routes = rules
            .Select(rule => new Route(string.IsNullOrWhiteSpace(rule.Match) ? null : CelExpression.Parse(rule.Match), rule.Path))
            .ToList();
        if (!string.IsNullOrEmpty(otherwise))
            routes.Add(new Route(null, otherwise));
        return new RouteTable(routes);
    }

    /// <summary>
    /// The path of the first rule that matches, null when none does. A rule that fails (an absent field, say) does not match, and the next
    /// one is tried; daprd loses such an event.
    /// </summary>
    public string? PathFor(JsonElement cloudEvent, Action<Route, string> ruleFailed)
    {
        foreach (var route in routes)
        {
            if (route.Match is null)
                return route.Path;
            var (matches, error) = route.Match.Evaluate(cloudEvent);
            if (matches)
                return route.Path;
            if (error is not null)
                ruleFailed(route, error);
        }
        return null;
    }
}
