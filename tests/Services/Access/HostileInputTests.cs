using System.Net.Http.Headers;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Anomaly.Services.Tests.Access;

/// <summary>
/// Every route of every service with input that nobody means well: refused with its reason, never an exception that nobody thought of.
/// </summary>
public sealed class HostileInputTests : IDisposable
{
    private static readonly string[] Bodies =
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "7",
        "1e300",
        "\"\\ud800\"",
        "\u0000\u0001\u0002",
        new string('[', 5_000),
        """{"garbage":1}""",
        """{"name":null,"start":null,"end":null,"stepSeconds":null}""",
        """{"name":"up","start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z","stepSeconds":1e300}""",
        """{"name":"up","start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z","stepSeconds":-1e300}""",
        """{"name":"up","start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z","stepSeconds":1e-300}""",
        """{"name":"up","start":"0001-01-01T00:00:00Z","end":"9999-12-31T23:59:59.9999999Z","stepSeconds":4e9}""",
        """{"name":"up","start":"9999-12-31T23:59:59Z","end":"9999-12-31T23:59:59.9999999Z","stepSeconds":9e11}""",
        """{"name":null,"start":"2026-01-01T00:00:00Z","end":"2026-01-01T01:00:00Z","stepSeconds":15}""",
        """{"specversion":"1.0","type":7,"source":[],"id":{},"data":{"garbage":1},"time":"99999"}""",
        """{"specversion":"1.0","type":"t","source":"s","id":"i","data":"not an object"}""",
        """{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"not base64"}""",
        """{"shard":1e300,"sequence":-1,"step":"9999-12-31T23:59:59.9999999Z","anomalies":[null]}""",
        """{"shard":0,"sequence":0,"at":"9999-12-31T23:59:59Z","modelVersion":null,"anomalies":[{"series":null,"score":null}]}""",
        """{"model":null,"version":null,"alias":7}""",
        """{"model":"anomaly-detector","alias":"champion","version":"../../etc"}""",
        """{"series":null,"points":null}""",
        """{"series":{"name":"x","kind":99,"unit":null,"labels":{"a":null}},"points":[[1e300,1e300],[null],[]]}""",
        """{"series":{"name":"x","kind":"cpu","unit":"cores","labels":{}},"points":[[253402300800,1],[-62135596801,1],[0,1e308]]}""",
        """{"series":{"name":"x","kind":"cpu","unit":"cores","labels":{}},"points":[[1e18,1]],"step":"1e300s","stepSeconds":1e300}""",
    ];

    private static readonly string[] Types = ["application/json", "application/octet-stream", "application/x-protobuf"];

    private static readonly string[] Queries =
    [
        "",
        "?minutes=99999999999&limit=-1&after=zz&match={",
        "?minutes=1e300&limit=1e300&after=%00&match=%ff",
        "?minutes=&limit=&after=&match=" + "((((((((",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Routes_OfEveryService_RefuseHostileInput()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        List<string> wrong = [];
        foreach (var (appId, build) in ServiceList.All)
        {
            var (app, _) = await dapr.AddAsync(appId, build, "--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9");
            using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            var turn = 0;
            foreach (var (verb, path) in Routes(app))
            {
                foreach (var body in verb == "GET" ? Queries : Bodies)
                {
                    using var request = new HttpRequestMessage(new HttpMethod(verb), path + (verb == "GET" ? body : ""));
                    if (verb != "GET")
                    {
                        request.Content = new StringContent(body);
                        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(Types[turn++ % Types.Length]);
                    }
                    using var answer = await http.SendAsync(request);
                    // Prometheus is away here: 502 and 503 say that it was asked.
                    if ((int)answer.StatusCode is >= 500 and not (502 or 503))
                        wrong.Add($"{appId} {verb} {request.RequestUri} {body}: {(int)answer.StatusCode}");
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static IEnumerable<(string Verb, string Path)> Routes(WebApplication app) =>
        ((IEndpointRouteBuilder)app)
            .DataSources.SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            // What comes by a topic has tests of its own, with its dead letters.
            .Where(route => route.Metadata.GetMetadata<ITopicMetadata>() is null)
            .SelectMany(route =>
                (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(verb =>
                    (verb, "/" + route.RoutePattern.RawText!.TrimStart('/').Replace("{series}", "0123456789abcdef"))
                )
            );
}
