using System.Text.Json;
using Dapr.Embedded;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Tracing;

/// <summary>Spans at collectors that listen on real ports.</summary>
public sealed class TraceExportTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private sealed record Span(string Name, string Trace, string Id, string? ParentId, string Kind, string Service);

    [Fact]
    public async Task Zipkin_AnEventFromItsPublicationToTheApp_IsOneTreeBelowTheCallersSpan()
    {
        await using var zipkin = await TestApp.StartAsync(Token);
        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = """[{"pubsubname":"p","topic":"t","route":"/t"}]""";
        using var configuration = Configuration($"zipkin: {{endpointAddress: \"http://127.0.0.1:{zipkin.Port}/api/v2/spans\"}}");
        await using var sidecar = await StartAsync(
            [Component("p", "pubsub.in-memory")],
            Token,
            options => options with { AppPort = app.Port, ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")] }
        );
        await sidecar.Sidecar.ReadyAsync(Token);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/publish/p/t") { Content = new StringContent("x") };
        request.Headers.Add("traceparent", Parent);
        using var answer = await sidecar.Http.SendAsync(request, Token);
        var delivered = (await app.WaitAsync(seen => seen.Path == "/t", 1, Token)).Single();

        var spans = await SpansAsync(zipkin, 2);
        var (publish, delivery) = (spans.Single(span => span.Name == "/v1.0/publish/p/t"), spans.Single(span => span.Name == "pubsub/t"));
        Assert.Equal((Parent[3..35], Parent[36..52], "SERVER", AppId), (publish.Trace, publish.ParentId, publish.Kind, publish.Service));
        Assert.Equal((publish.Trace, publish.Id, "CONSUMER"), (delivery.Trace, delivery.ParentId, delivery.Kind));
        Assert.Equal($"00-{publish.Trace}-{publish.Id}-01", answer.Headers.GetValues("traceparent").Single());
        Assert.Equal($"00-{delivery.Trace}-{delivery.Id}-01", delivered.Headers["traceparent"].ToString());
    }

    [Fact]
    public async Task Zipkin_AnInvocationThroughTwoSidecars_IsOneTreeOfBoth()
    {
        await using var zipkin = await TestApp.StartAsync(Token);
        await using var app = await TestApp.StartAsync(Token);
        using var configuration = Configuration($"zipkin: {{endpointAddress: \"http://127.0.0.1:{zipkin.Port}/api/v2/spans\"}}");
        string[] configs = [Path.Combine(configuration.Path, "0.yaml")];
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions { AppId = "caller", ConfigPaths = configs },
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = app.Port,
                        ConfigPaths = configs,
                    },
                ],
            },
            Token
        );
        await dapr.Sidecars["callee"].ReadyAsync(Token);
        using var http = new HttpClient { BaseAddress = dapr.Sidecars["caller"].HttpEndpoint };
        (await http.GetAsync("/v1.0/invoke/callee/method/m", Token)).EnsureSuccessStatusCode().Dispose();

        var spans = await SpansAsync(zipkin, 2);
        var (call, taken) = (spans.Single(span => span.Service == "caller"), spans.Single(span => span.Service == "callee"));
        Assert.Equal((null, "/v1.0/invoke/callee/method/m"), (call.ParentId, call.Name));
        Assert.Equal((call.Trace, call.Id), (taken.Trace, taken.ParentId));
        var seen = app.Seen.Single(one => one.Path == "/m");
        Assert.Equal($"00-{taken.Trace}-{taken.Id}-01", seen.Headers["traceparent"].ToString());
    }

    [Theory]
    [InlineData("http", "/v1/traces")]
    [InlineData("grpc", "/opentelemetry.proto.collector.trace.v1.TraceService/Export")]
    public async Task Otel_EachProtocol_GetsTheSpansOfTheApp(string protocol, string path)
    {
        await using var collector = await TestApp.StartAsync(
            Token,
            listen => listen.Protocols = protocol == "grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1
        );
        using var configuration = Configuration($"otel: {{endpointAddress: \"127.0.0.1:{collector.Port}\", isSecure: false, protocol: {protocol}}}");
        await using var sidecar = await StartAsync(
            [Component("s", "state.in-memory")],
            Token,
            options => options with { ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")] }
        );
        (await sidecar.Http.GetAsync("/v1.0/state/s/k", Token)).Dispose();
        var sent = (await collector.WaitAsync(seen => seen.Path == path, 1, Token)).First();
        Assert.Contains("/v1.0/state/s/k", sent.Body);
        Assert.Contains(AppId, sent.Body);
    }

    [Fact]
    public async Task Zipkin_NothingSampled_NothingIsSentAndTheCallersTraceGoesOn()
    {
        await using var zipkin = await TestApp.StartAsync(Token);
        await using var app = await TestApp.StartAsync(Token);
        using var configuration = Configuration($"zipkin: {{endpointAddress: \"http://127.0.0.1:{zipkin.Port}/api/v2/spans\"}}");
        await using (
            var sidecar = await StartAsync(
                [],
                Token,
                options => options with { AppPort = app.Port, ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")] }
            )
        )
        {
            await sidecar.Sidecar.ReadyAsync(Token);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1.0/invoke/{AppId}/method/m");
            request.Headers.Add("traceparent", Parent[..53] + "00");
            (await sidecar.Http.SendAsync(request, Token)).EnsureSuccessStatusCode().Dispose();
            var seen = app.Seen.Single(one => one.Path == "/m").Headers["traceparent"].ToString();
            Assert.Equal((Parent[..36], "-00"), (seen[..36], seen[^3..]));
        }
        Assert.Empty(zipkin.Seen);
    }

    [Theory]
    [InlineData("zipkin: {endpointAddress: \"not an address\"}", "spec.tracing.zipkin.endpointAddress is \"not an address\"")]
    [InlineData("otel: {endpointAddress: \"localhost:4317\", protocol: smoke}", "spec.tracing.otel.protocol is \"smoke\", expected grpc or http")]
    public async Task Start_TargetThatCannotBeUsed_IsNamed(string target, string expected)
    {
        using var configuration = Configuration(target);
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() =>
            StartAsync([], Token, options => options with { ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")] })
        );
        Assert.Contains(expected, error.Message);
    }

    private static ResourcesFolder Configuration(string target) =>
        new(
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: c
            spec: {tracing: {samplingRate: "1", {{target}} } }
            """
        );

    private static async Task<IReadOnlyList<Span>> SpansAsync(TestApp zipkin, int count)
    {
        IReadOnlyList<Span> spans = [];
        await Eventually.TrueAsync(
            () =>
            {
                spans =
                [
                    .. zipkin
                        .Seen.SelectMany(seen => JsonSerializer.Deserialize<JsonElement[]>(seen.Body)!)
                        .Select(span => new Span(
                            Text(span, "name")!,
                            Text(span, "traceId")!,
                            Text(span, "id")!,
                            Text(span, "parentId"),
                            Text(span, "kind")!,
                            Text(span.GetProperty("localEndpoint"), "serviceName")!
                        )),
                ];
                return Task.FromResult(spans.Count >= count);
            },
            $"{count} spans came",
            Token
        );
        return spans;
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
