using System.Text.Json.Nodes;

namespace Dapr.Embedded.AccessControl;

/// <summary>
/// Which APIs the app may call: <c>spec.api.allowed</c> and <c>denied</c> of the Configuration, each a list of name, version and protocol.
/// What is denied is denied; with an allow list only what it names is allowed. A protocol without rules is open.
/// </summary>
internal sealed class ApiRules
{
    private const string RuntimeService = "/dapr.proto.runtime.";
    private const string Invoke = "v1/invoke";

    private readonly IReadOnlyList<string> httpAllowed;
    private readonly IReadOnlyList<string> httpDenied;
    private readonly IReadOnlySet<string> grpcAllowed;
    private readonly IReadOnlySet<string> grpcDenied;

    private ApiRules(JsonObject? section)
    {
        httpAllowed = Http(section?["allowed"]);
        httpDenied = Http(section?["denied"]);
        grpcAllowed = Grpc(section?["allowed"]);
        grpcDenied = Grpc(section?["denied"]);
    }

    /// <summary>Whether there is any rule for HTTP.</summary>
    public bool HasHttp => httpAllowed.Count + httpDenied.Count > 0;

    /// <summary>Whether there is any rule for gRPC that names an API.</summary>
    public bool HasGrpc => grpcAllowed.Count + grpcDenied.Count > 0;

    /// <summary>Whether what has no route may be an invocation by header.</summary>
    public bool AllowsFallback => Allows("v1.0/invoke/", Invoke);

    public static ApiRules Read(JsonObject? section) => new(section);

    /// <summary>Whether a route such as <c>/v1.0-alpha1/lock/{store}</c> is served. Health is always.</summary>
    public bool AllowsRoute(string pattern)
    {
        var route = pattern.TrimStart('/');
        var parts = route.Split('/');
        if (parts.Length < 2 || parts[1] == "healthz")
            return true;
        return Allows(route, $"{parts[0].Replace(".0", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal)}/{parts[1]}");
    }

    /// <summary>Whether a gRPC method such as <c>/dapr.proto.runtime.v1.Dapr/GetState</c> is served; those of other services always are.</summary>
    public bool AllowsMethod(string path) =>
        !path.StartsWith(RuntimeService, StringComparison.Ordinal)
        || (!grpcDenied.Contains(path) && (grpcAllowed.Count == 0 || grpcAllowed.Contains(path)));

    private bool Allows(string route, string group)
    {
        bool Named(string rule) => rule == group || route.StartsWith(rule, StringComparison.Ordinal);
        return !httpDenied.Any(Named) && (httpAllowed.Count == 0 || httpAllowed.Any(Named));
    }

    /// <summary>As daprd reads a rule: the group's version and name, or the beginning of a path (<c>v1.0/state</c>).</summary>
    private static List<string> Http(JsonNode? rules) => [.. Of(rules, "http").Select(rule => $"{rule["version"]}/{rule["name"]}")];

    private static HashSet<string> Grpc(JsonNode? rules) =>
        [
            .. Of(rules, "grpc")
                .SelectMany(rule => GrpcApiGroups.Methods.GetValueOrDefault($"{rule["name"]}.{rule["version"]}") ?? [])
                .Select(method => $"{RuntimeService}v1.Dapr/{method}"),
        ];

    private static IEnumerable<JsonObject> Of(JsonNode? rules, string protocol) =>
        (rules as JsonArray ?? []).OfType<JsonObject>().Where(rule => rule["protocol"]?.ToString() == protocol);
}
