using Dapr.Embedded.Components;

namespace Dapr.Embedded.PubSub;

/// <summary>
/// Which topics of a pub/sub component an app may use: metadata <c>publishingScopes</c>, <c>subscriptionScopes</c> (<c>app1=t1,t2;app2=</c>),
/// <c>allowedTopics</c>, <c>protectedTopics</c>.
/// </summary>
internal sealed class TopicScopes
{
    private readonly HashSet<string> allowed;
    private readonly HashSet<string> guarded;
    private readonly HashSet<string>? publishing;
    private readonly HashSet<string>? subscribing;

    public TopicScopes(ComponentMetadata metadata, string appId)
    {
        allowed = Topics(metadata.Text("allowedTopics") ?? "");
        guarded = Topics(metadata.Text("protectedTopics") ?? "");
        publishing = ScopeOf(metadata.Text("publishingScopes") ?? "", appId);
        subscribing = ScopeOf(metadata.Text("subscriptionScopes") ?? "", appId);
    }

    public bool MayPublish(string topic) => May(topic, publishing);

    public bool MaySubscribe(string topic) => May(topic, subscribing);

    private bool May(string topic, HashSet<string>? scope)
    {
        if (allowed.Count > 0 && !allowed.Contains(topic))
            return false;
        return scope is null ? !guarded.Contains(topic) : scope.Contains(topic);
    }

    /// <summary>Null when the app is not listed, empty when it is listed with no topic.</summary>
    private static HashSet<string>? ScopeOf(string scopes, string appId)
    {
        HashSet<string>? scope = null;
        foreach (var entry in scopes.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length == 2 && parts[0] == appId)
                (scope ??= []).UnionWith(Topics(parts[1]));
        }
        return scope;
    }

    private static HashSet<string> Topics(string list) =>
        [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
