using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Dapr.Conformance.Tests.Fixture;

/// <summary>Which APIs the run called, from which test cases; the table in docs/conformance.md is made of it.</summary>
internal sealed partial class ApiCoverage
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int>> _calls = new();

    /// <summary>A handler that counts each call and passes it on.</summary>
    public HttpMessageHandler Watch(HttpMessageHandler inner) => new Watcher(this) { InnerHandler = inner };

    public string Report(string backend)
    {
        var cases = _calls.Values.SelectMany(each => each.Keys).Where(each => each.Length > 0).Distinct().Count();
        StringBuilder text = new();
        text.AppendLine("# Conformance: the Dapr APIs that the suite calls")
            .AppendLine()
            .AppendLine(
                "Made by `eng/test-conformance.sh`; do not edit. Each case states one behaviour of real daprd; cases are those of the xunit suite in"
            )
            .AppendLine(
                CultureInfo.InvariantCulture,
                $"`tests/Conformance` (backend `{backend}`) that called the API. {cases} cases called {_calls.Count} APIs."
            )
            .AppendLine()
            .AppendLine("| API | Cases |")
            .AppendLine("|---|---:|");
        foreach (var (api, calls) in _calls.OrderBy(each => each.Key, StringComparer.Ordinal))
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{api}` | {calls.Keys.Count(each => each.Length > 0)} |");
        return text.ToString();
    }

    private void Count(HttpRequestMessage request)
    {
        var test = TestContext.Current.Test?.TestDisplayName ?? "";
        _calls.GetOrAdd(NameOf(request), _ => new()).AddOrUpdate(test, 1, (_, count) => count + 1);
    }

    private static string NameOf(HttpRequestMessage request)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (request.Content?.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
            return $"gRPC {path.TrimStart('/')}";
        path = Doubled().Replace(path, "/");
        foreach (var (pattern, template) in Templates)
            if (pattern.IsMatch(path))
                return $"{request.Method} {template}";
        return "other paths and verbs";
    }

    private static readonly (Regex Pattern, string Template)[] Templates =
    [
        .. new (string, string)[]
        {
            ("^/v1.0/state/[^/]+/bulk$", "/v1.0/state/{store}/bulk"),
            ("^/v1.0/state/[^/]+/transaction$", "/v1.0/state/{store}/transaction"),
            ("^/v1.0-alpha1/state/[^/]+/query$", "/v1.0-alpha1/state/{store}/query"),
            ("^/v1.0/state/[^/]+/.+", "/v1.0/state/{store}/{key}"),
            ("^/v1.0/state/[^/]+/?$", "/v1.0/state/{store}"),
            ("^/v1.0(-alpha1)?/publish/bulk/", "/v1.0/publish/bulk/{pubsub}/{topic}"),
            ("^/v1.0/publish/", "/v1.0/publish/{pubsub}/{topic}"),
            ("^/v1.0/invoke/", "/v1.0/invoke/{appId}/method/{method}"),
            ("^/v1.0/bindings/", "/v1.0/bindings/{name}"),
            ("^/v1.0/secrets/[^/]+/bulk$", "/v1.0/secrets/{store}/bulk"),
            ("^/v1.0/secrets/", "/v1.0/secrets/{store}/{key}"),
            ("^/v1.0(-alpha1)?/configuration/[^/]+/subscribe", "/v1.0/configuration/{store}/subscribe"),
            ("^/v1.0(-alpha1)?/configuration/[^/]+/[^/]+/unsubscribe", "/v1.0/configuration/{store}/{id}/unsubscribe"),
            ("^/v1.0(-alpha1)?/configuration/", "/v1.0/configuration/{store}"),
            ("^/v1.0-alpha1/(un)?lock/", "/v1.0-alpha1/lock|unlock/{store}"),
            ("^/v1.0/metadata/.+", "/v1.0/metadata/{key}"),
            ("^/v1.0/metadata", "/v1.0/metadata"),
            ("^/v1.0/healthz/outbound", "/v1.0/healthz/outbound"),
            ("^/v1.0/healthz", "/v1.0/healthz"),
            ("^/v1.0/shutdown", "/v1.0/shutdown"),
            ("^/v1.0[a-z0-9-]*/workflows/[^/]+/[^/]+/start", "/v1.0/workflows/{component}/{name}/start"),
            ("^/v1.0[a-z0-9-]*/workflows/[^/]+/[^/]+/raiseEvent/", "/v1.0/workflows/{component}/{id}/raiseEvent/{event}"),
            (
                "^/v1.0[a-z0-9-]*/workflows/[^/]+/[^/]+/(terminate|pause|resume|purge)$",
                "/v1.0/workflows/{component}/{id}/terminate|pause|resume|purge"
            ),
            ("^/v1.0[a-z0-9-]*/workflows/[^/]+/[^/]+$", "/v1.0/workflows/{component}/{id}"),
        }.Select(each => (new Regex(each.Item1, RegexOptions.CultureInvariant), each.Item2)),
    ];

    [GeneratedRegex("/{2,}")]
    private static partial Regex Doubled();

    private sealed class Watcher(ApiCoverage coverage) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            coverage.Count(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
