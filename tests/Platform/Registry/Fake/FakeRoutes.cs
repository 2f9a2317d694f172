using System.Text.Json.Nodes;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>Which call goes where, and what every call has in common.</summary>
internal sealed class FakeRoutes
{
    private readonly Dictionary<string, Func<FakeCall, JsonObject>> _routes = [];
    private readonly FakeLoggedModels _models;
    private readonly FakeArtifacts _artifacts;
    private readonly bool _three;

    public FakeRoutes(FakeStore store, string version)
    {
        _three = version.StartsWith('3');
        _models = new(store);
        _artifacts = new(store, _three);
        new FakeTracking(store).AddTo(_routes);
        new FakeRegistry(store, _three).AddTo(_routes);
        _artifacts.AddTo(_routes);
        if (_three)
            _models.AddTo(_routes);
    }

    public FakeAnswer Answer(FakeCall call)
    {
        var path = call.Name[(call.Method.Length + 1)..];
        if (path.StartsWith(FakeArtifacts.Proxy, StringComparison.Ordinal))
            return _artifacts.Answer(call, path[FakeArtifacts.Proxy.Length..]);
        if (_routes.TryGetValue(call.Name, out var route))
        {
            if (call.Method != "GET" && call.Type?.Split(';')[0] != "application/json")
                throw FakeError.Invalid("Bad Request. Content-Type must be one of ['application/json'].");
            return FakeAnswer.Json(200, route(call));
        }
        return _three && path.StartsWith(FakeLoggedModels.Path, StringComparison.Ordinal)
            ? FakeAnswer.Json(200, _models.Answer(call, path[FakeLoggedModels.Path.Length..]))
            : FakeAnswer.Html404();
    }

    /// <summary>A page of a list: <c>max_results</c>, <c>page_token</c>, <c>next_page_token</c>.</summary>
    public static JsonObject Page<T>(FakeCall call, string name, IReadOnlyList<T> every, int size, Func<T, JsonNode> json)
    {
        var from = int.TryParse(call.Field("page_token"), out var token) ? token : 0;
        var count = call.Number("max_results") ?? size;
        var answer = new JsonObject().With(name, [.. every.Skip(from).Take(count).Select(json)]);
        if (from + count < every.Count)
            answer["next_page_token"] = $"{from + count}";
        return answer;
    }
}
