using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>
/// A small MLflow over HTTP with the semantics, and the traps, that were recorded from real servers 3.18.0 and 2.22.5: a chunked JSON body counts as
/// empty, a missing alias is 400, a link stored twice is 400, errors of outer layers are text or HTML. It passes the core cases of <c>probe/</c>.
/// </summary>
internal sealed partial class FakeMlflow : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FakeRoutes _routes;
    private readonly string _version;
    private readonly string? _credentials;

    private FakeMlflow(FakeStore store, string version, string? credentials, int port)
    {
        Store = store;
        _version = version;
        _credentials = credentials;
        _routes = new(store, version);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public FakeStore Store { get; }

    public ConcurrentQueue<FakeCall> Calls { get; } = [];

    /// <summary>Asked before each call; true cuts the connection without an answer.</summary>
    public Func<FakeCall, bool> Cuts { get; set; } = _ => false;

    /// <summary>Asked after each call that was carried out; true loses the answer.</summary>
    public Func<FakeCall, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>Another answer than the real one, for a call.</summary>
    public Func<FakeCall, FakeAnswer?> Answers { get; set; } = _ => null;

    /// <summary>A static prefix that every path must carry.</summary>
    public string Prefix { get; set; } = "";

    public string Uri => _app.Urls.First();

    public int Port => new Uri(Uri).Port;

    /// <param name="credentials"><c>user:password</c> switches basic authentication on.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<FakeMlflow> StartAsync(string version = "3.18.0", string? credentials = null, FakeStore? store = null, int port = 0)
    {
        var fake = new FakeMlflow(store ?? new(), version, credentials, port);
        await fake._app.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var call = await ReadAsync(context);
        Calls.Enqueue(call);
        if (Cuts(call))
        {
            context.Abort();
            return;
        }
        var answer = Guard(context, call) ?? Answers(call) ?? Carry(call);
        if (LosesAnswer(call))
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = answer.Status;
        if (answer.Type is not null)
            context.Response.ContentType = answer.Type;
        foreach (var (name, value) in answer.Headers ?? [])
            context.Response.Headers[name] = value;
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body);
    }

    private FakeAnswer Carry(FakeCall call)
    {
        try
        {
            lock (Store)
                return _routes.Answer(call);
        }
        catch (FakeError e)
        {
            return FakeAnswer.Json(e.Status, new JsonObject { ["error_code"] = e.Code, ["message"] = e.Message });
        }
    }

    private FakeAnswer? Guard(HttpContext context, FakeCall call)
    {
        if (call.Target is "/health" or "/version")
            return FakeAnswer.Text(200, call.Target == "/health" ? "OK" : _version);
        var host = context.Request.Host.Host;
        if (_version.StartsWith('3') && !(host == "localhost" || Private().IsMatch(host)))
            return FakeAnswer.Text(403, "Invalid Host header - possible DNS rebinding attack detected");
        if (
            _credentials is not null
            && context.Request.Headers.Authorization != "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(_credentials))
        )
            return new(401, "text/html; charset=utf-8", "You are not authenticated."u8.ToArray(), [("WWW-Authenticate", "Basic realm=\"mlflow\"")]);
        return null;
    }

    private async Task<FakeCall> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        target = target.StartsWith(Prefix, StringComparison.Ordinal) ? target[Prefix.Length..] : "/outside";
        using var content = new MemoryStream();
        await request.Body.CopyToAsync(content);
        var bytes = content.ToArray();
        var artifact = target.Contains("/mlflow-artifacts/artifacts/", StringComparison.Ordinal);
        var chunked = request.ContentLength is null && bytes.Length > 0;
        var body = !artifact && !(chunked && _version.StartsWith('3')) ? Parse(bytes) : null;
        return new(
            request.Method,
            target,
            request.Query.ToDictionary(q => q.Key, q => q.Value.ToString()),
            request.ContentType,
            bytes,
            body ?? [],
            chunked
        )
        {
            Headers = request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
        };
    }

    private static JsonObject? Parse(byte[] bytes)
    {
        try
        {
            return bytes.Length == 0 ? null : JsonNode.Parse(bytes) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)")]
    private static partial Regex Private();
}

/// <param name="Target">The path as it was sent, without the query.</param>
internal sealed record FakeCall(
    string Method,
    string Target,
    IReadOnlyDictionary<string, string> Query,
    string? Type,
    byte[] Content,
    JsonObject Body,
    bool Chunked
)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public string Name => $"{Method} {(Target.StartsWith("/api/2.0", StringComparison.Ordinal) ? Target["/api/2.0".Length..] : Target)}";

    /// <summary>A field of the body, or of the query for GET.</summary>
    public string? Field(string name) =>
        Method == "GET" ? Query.GetValueOrDefault(name)
        : Body[name]?.GetValueKind() == JsonValueKind.String ? Body[name]!.GetValue<string>()
        : null;

    public string Need(string name) =>
        Field(name) is { Length: > 0 } value
            ? value
            : throw FakeError.Invalid(
                $"Missing value for required parameter '{name}'. See the API docs for more information about request parameters."
            );

    public int? Number(string name) =>
        Method == "GET"
            ? Query.TryGetValue(name, out var text)
                ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
                : null
            : Body[name]?.GetValueKind() == JsonValueKind.Number
                ? Body[name]!.GetValue<int>()
                : null;

    public IEnumerable<JsonObject> List(string name) => Body[name] is JsonArray items ? items.OfType<JsonObject>() : [];

    public IEnumerable<string> Texts(string name) => Body[name] is JsonArray items ? items.Select(i => i!.GetValue<string>()) : [];
}

internal sealed record FakeAnswer(int Status, string? Type, byte[] Body, (string Name, string Value)[]? Headers = null)
{
    public static FakeAnswer Json(int status, JsonNode body) => new(status, "application/json", Encoding.UTF8.GetBytes(body.ToJsonString()));

    public static FakeAnswer Text(int status, string text) => new(status, "text/plain", Encoding.UTF8.GetBytes(text));

    public static FakeAnswer Html404() => new(404, "text/html; charset=utf-8", "<!doctype html>\n<title>404 Not Found</title>\n"u8.ToArray());
}

internal sealed class FakeError(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public static FakeError Invalid(string message) => new(400, "INVALID_PARAMETER_VALUE", message);

    public static FakeError Missing(string message) => new(404, "RESOURCE_DOES_NOT_EXIST", message);

    public static FakeError Exists(string message) => new(400, "RESOURCE_ALREADY_EXISTS", message);

    public static FakeError Constraint(string message) => new(400, "BAD_REQUEST", message);
}
