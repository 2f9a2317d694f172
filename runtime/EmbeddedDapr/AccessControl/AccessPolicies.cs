using System.Text.Json.Nodes;

namespace Dapr.Embedded.AccessControl;

/// <summary>Who calls: what mTLS proves to daprd, the names' token proves here.</summary>
internal readonly record struct Caller(string AppId, string Namespace);

/// <summary>An operation of a policy: a method path with wildcards, the verbs, and what applies.</summary>
internal sealed record OperationRule(string Name, IReadOnlyList<string> Verbs, bool Allow)
{
    /// <summary><c>/a/*</c> and <c>/a/**</c> cover what begins with <c>/a/</c>; names compare without regard to case.</summary>
    public bool Covers(string method, string verb)
    {
        var path = "/" + method.Trim('/');
        var name = "/" + Name.Trim('/');
        var star = name.IndexOf('*', StringComparison.Ordinal);
        var named =
            star < 0 ? path.Equals(name, StringComparison.OrdinalIgnoreCase) : path.StartsWith(name[..star], StringComparison.OrdinalIgnoreCase);
        return named && (Verbs.Count == 0 || Verbs.Any(one => one == "*" || one.Equals(verb, StringComparison.OrdinalIgnoreCase)));
    }
}

/// <summary>What one caller may do.</summary>
internal sealed record CallerPolicy(string AppId, string TrustDomain, string Namespace, bool Allow, IReadOnlyList<OperationRule> Operations);

/// <summary>The access control of a Configuration: may this caller call this method?</summary>
internal sealed record AccessPolicies(bool Allow, IReadOnlyList<CallerPolicy> Policies)
{
    /// <summary>All sidecars of this runtime are in one trust domain.</summary>
    public const string TrustDomain = "public";

    public static AccessPolicies AllowAll { get; } = new(true, []);

    public static string Identity(Caller caller) => $"spiffe://{TrustDomain}/ns/{caller.Namespace}/{caller.AppId}";

    /// <exception cref="FormatException">A policy is incomplete; then daprd refuses the whole spec.</exception>
    public static AccessPolicies Read(JsonObject? section)
    {
        if (section is null)
            return AllowAll;
        var policies = new List<CallerPolicy>();
        foreach (var policy in (section["policies"] as JsonArray ?? []).OfType<JsonObject>())
        {
            string Needed(string name) =>
                policy[name]?.ToString() is { Length: > 0 } text
                    ? text
                    : throw new FormatException(
                        $"spec.accessControl.policies[{policies.Count}] has no {name}; each policy needs appId, trustDomain and namespace"
                    );
            policies.Add(
                new CallerPolicy(
                    Needed("appId"),
                    Needed("trustDomain"),
                    Needed("namespace"),
                    IsAllow(policy["defaultAction"], otherwise: false),
                    [.. (policy["operations"] as JsonArray ?? []).OfType<JsonObject>().Select(Operation)]
                )
            );
        }
        // Self-hosted, daprd's built-in Configuration says allow where the file says nothing.
        return new AccessPolicies(IsAllow(section["defaultAction"], otherwise: true), policies);
    }

    public bool Allows(Caller caller, string method, string verb)
    {
        var policy = Policies.FirstOrDefault(one => one.AppId == caller.AppId);
        if (policy is null || policy.TrustDomain != TrustDomain || policy.Namespace != caller.Namespace)
            return Allow;
        return policy.Operations.FirstOrDefault(operation => operation.Covers(method, verb))?.Allow ?? policy.Allow;
    }

    private static OperationRule Operation(JsonObject operation) =>
        new(
            operation["name"]?.ToString() ?? "",
            [.. (operation["httpVerb"] as JsonArray ?? []).Select(verb => verb?.ToString() ?? "")],
            IsAllow(operation["action"], otherwise: false)
        );

    private static bool IsAllow(JsonNode? node, bool otherwise) =>
        node?.ToString().ToLowerInvariant() switch
        {
            "allow" => true,
            "deny" => false,
            _ => otherwise,
        };
}
