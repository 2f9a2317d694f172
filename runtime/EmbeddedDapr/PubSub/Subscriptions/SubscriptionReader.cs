using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Embedded.PubSub.Routing;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.PubSub.Subscriptions;

/// <summary>
/// Reads the JSON form that Subscription resources (v1alpha1 and v2alpha1) and the app's answer at <c>GET /dapr/subscribe</c> share.
/// Property names are matched without regard to case, as Go does.
/// </summary>
internal static class SubscriptionReader
{
    /// <summary>The subscription, null when it has no route at all.</summary>
    /// <exception cref="FormatException">A name is missing or a rule does not parse; the message says which.</exception>
    public static Subscription? Read(JsonObject spec, SubscriptionType type, string name)
    {
        var pubsubName = Text(spec, "pubsubname");
        var topic = Text(spec, "topic");
        if (pubsubName.Length == 0)
            throw new FormatException($"subscription {name} has no pubsubname");
        if (topic.Length == 0)
            throw new FormatException($"subscription {name} to {pubsubName} has no topic");
        var routes = Routes(spec);
        if (routes.Routes.Count == 0)
            return null;
        return new Subscription
        {
            Key = $"{type}/{name}/{spec.ToJsonString()}",
            Type = type,
            PubSubName = pubsubName,
            Topic = topic,
            Routes = routes,
            DeadLetterTopic = Text(spec, "deadLetterTopic"),
            Metadata = Metadata(spec),
            Bulk = Bulk(spec),
        };
    }

    public static Subscription? Read(ResourceDocument document) => Read(document.Spec, SubscriptionType.Declarative, document.Name);

    private static RouteTable Routes(JsonObject spec)
    {
        var route = Text(spec, "route");
        if (Property(spec, "routes") is not JsonObject routes)
            return RouteTable.Of([], route);
        var rules = (Property(routes, "rules") as JsonArray ?? [])
            .OfType<JsonObject>()
            .Select(rule => ((string?)Text(rule, "match"), Text(rule, "path")));
        var otherwise = Text(routes, "default");
        return RouteTable.Of(rules.Where(rule => rule.Item2.Length > 0), otherwise.Length > 0 ? otherwise : route);
    }

    private static Dictionary<string, string> Metadata(JsonObject spec)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var (key, value) in Property(spec, "metadata") as JsonObject ?? [])
            metadata[key] = Scalar(value);
        return metadata;
    }

    private static BulkSubscribe? Bulk(JsonObject spec)
    {
        if (Property(spec, "bulkSubscribe") is not JsonObject bulk || Scalar(Property(bulk, "enabled")) != "true")
            return null;
        return BulkSubscribe.Of(Whole(bulk, "maxMessagesCount"), Whole(bulk, "maxAwaitDurationMs"));
    }

    private static int? Whole(JsonObject parent, string name) => int.TryParse(Scalar(Property(parent, name)), out var number) ? number : null;

    private static string Text(JsonObject parent, string name) => Scalar(Property(parent, name));

    private static JsonNode? Property(JsonObject parent, string name) =>
        parent.FirstOrDefault(property => property.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private static string Scalar(JsonNode? node) =>
        node?.GetValueKind() switch
        {
            JsonValueKind.String => node.GetValue<string>(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => node.ToJsonString(),
            _ => "",
        };
}
