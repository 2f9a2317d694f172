using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Dapr.Embedded;

namespace EmbeddedDapr.Tests;

/// <summary>
/// Malformed requests to publishing, subscribing and invocation: an answer in daprd's form or a closed connection, never a hang or a crash.
/// </summary>
public sealed class MessagingFuzzTests
{
    private const string Subscriptions = """
        [{"pubsubname":"pubsub","topic":"t",
          "routes":{"rules":[{"match":"event.data.a > 1 && event.type.startsWith('x')","path":"/high"}],"default":"/on"},"deadLetterTopic":"dead"},
         {"pubsubname":"pubsub","topic":"dead","route":"/dead","metadata":{"rawPayload":"true"}},
         {"pubsubname":"pubsub","topic":"bulk","route":"/bulk","bulkSubscribe":{"enabled":true,"maxMessagesCount":5,"maxAwaitDurationMs":10}}]
        """;

    private static readonly string[] Attributes =
    [
        "id",
        "data",
        "data_base64",
        "traceid",
        "traceparent",
        "expiration",
        "type",
        "specversion",
        "topic",
        "a",
        "datacontenttype",
        "status",
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Http_RandomBytes_NeverTakeTheRuntimeDown()
    {
        await using var running = await StartAsync();
        var random = new Random(1);
        var starts = new[]
        {
            "POST /v1.0/publish/pubsub/t HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
            "GET /v1.0/invoke/app/method/m HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /v1.0/publish/bulk/pubsub/t HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            "PUT /any HTTP/1.1\r\nHost: x\r\ndapr-app-id: app\r\nContent-Length: 3\r\n\r\n",
        };
        for (var i = 0; i < 150; i++)
        {
            var bytes = Encoding.Latin1.GetBytes(starts[random.Next(starts.Length)] + new string('z', random.Next(20))).ToList();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
                bytes[random.Next(bytes.Count)] = (byte)random.Next(256);
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, running.Sidecar.HttpPort, Token);
            var stream = socket.GetStream();
            await stream.WriteAsync(bytes.ToArray(), Token);
            socket.Client.Shutdown(SocketShutdown.Send);
            await ReadToEndAsync(stream);
        }
        await running.AssertWellAsync();
    }

    [Fact]
    public async Task Publish_RandomBodiesTypesAndMetadata_AnswersInDaprsForm()
    {
        await using var running = await StartAsync();
        var random = new Random(2);
        var types = new[]
        {
            "application/json",
            "application/cloudevents+json",
            "text/plain",
            "application/octet-stream",
            "a/b; c=\"",
            "",
            "application/json;charset=x",
        };
        var queries = new[]
        {
            "",
            "?metadata.rawPayload=true",
            "?metadata.rawPayload=%00",
            "?metadata.ttlInSeconds=99999999999999999999",
            "?metadata.ttlInSeconds=1h&metadata.cloudevent.id=%ff",
            "?metadata.=",
            "?metadata.cloudevent.=x",
            "?&&=&metadata.a",
        };
        for (var i = 0; i < 300; i++)
        {
            using var content = new ByteArrayContent(RandomBody(random));
            content.Headers.TryAddWithoutValidation("Content-Type", types[random.Next(types.Length)]);
            var topic = random.Next(2) == 0 ? "t" : "bulk";
            using var answer = await running.Client.PostAsync($"/v1.0/publish/pubsub/{topic}{queries[random.Next(queries.Length)]}", content, Token);
            await AssertDaprAnswerAsync(answer);
        }
        await running.AssertWellAsync();
    }

    [Fact]
    public async Task BulkPublish_RandomJson_AnswersInDaprsForm()
    {
        await using var running = await StartAsync();
        var random = new Random(3);
        for (var i = 0; i < 300; i++)
        {
            var entries = string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => RandomEntry(random)));
            using var content = new StringContent(random.Next(5) == 0 ? RandomJson(random, 3) : $"[{entries}]", Encoding.UTF8, "application/json");
            using var answer = await running.Client.PostAsync("/v1.0/publish/bulk/pubsub/t", content, Token);
            await AssertDaprAnswerAsync(answer);
        }
        await running.AssertWellAsync();
    }

    [Theory]
    [InlineData("PublishEvent")]
    [InlineData("BulkPublishEvent")]
    [InlineData("BulkPublishEventAlpha1")]
    [InlineData("InvokeService")]
    [InlineData("SubscribeTopicEventsAlpha1")]
    [InlineData("NoSuchMethod")]
    public async Task Grpc_RandomFrames_EndWithAStatus(string method)
    {
        await using var running = await StartAsync();
        using var client = new HttpClient { BaseAddress = running.Sidecar.GrpcEndpoint };
        var random = new Random(4);
        for (var i = 0; i < 60; i++)
        {
            var payload = new byte[random.Next(60)];
            random.NextBytes(payload);
            var length = random.Next(4) switch
            {
                0 => random.Next(),
                1 => 0,
                _ => payload.Length,
            };
            var frame = new List<byte> { (byte)random.Next(3), (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length };
            frame.AddRange(payload);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/dapr.proto.runtime.v1.Dapr/{method}")
            {
                Content = new ByteArrayContent([.. frame]),
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.TE.ParseAdd("trailers");
            if (random.Next(4) == 0)
                request.Headers.TryAddWithoutValidation("dapr-app-id", random.Next(2) == 0 ? "app" : "nobody");
            using var deadline = new CancellationTokenSource(Patience);
            using var answer = await client.SendAsync(request, deadline.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var status =
                answer.TrailingHeaders.TryGetValues("grpc-status", out var values) || answer.Headers.TryGetValues("grpc-status", out values)
                    ? values.First()
                    : null;
            Assert.True(status is not null, $"no grpc-status for {Convert.ToHexString(frame.ToArray())}");
        }
        await running.AssertWellAsync();
    }

    [Fact]
    public async Task Invoke_RandomPathsAndHeaders_AnswersInDaprsFormOrTheApps()
    {
        await using var running = await StartAsync();
        var random = new Random(5);
        const string letters = "abc/.%2eF?&=#:@~;, +";
        for (var i = 0; i < 200; i++)
        {
            var path = new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => letters[random.Next(letters.Length)])]);
            var prefix = new[]
            {
                "/v1.0/invoke/app/method/",
                "/v1.0/invoke/",
                "/v1.0/invoke//method/",
                "/",
                "/v1.0/invoke/http://127.0.0.1:1/method/",
            }[random.Next(5)];
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, running.Sidecar.HttpPort, Token);
            var stream = socket.GetStream();
            await stream.WriteAsync(
                Encoding.Latin1.GetBytes(
                    $"GET {prefix}{path.Replace(' ', '+')} HTTP/1.1\r\nHost: x\r\n"
                        + $"dapr-app-id: {(random.Next(3) == 0 ? "app" : "")}\r\nConnection: close\r\n\r\n"
                ),
                Token
            );
            var answer = await ReadToEndAsync(stream);
            Assert.StartsWith("HTTP/1.1 ", answer);
        }
        await running.AssertWellAsync();
    }

    private static async Task AssertDaprAnswerAsync(HttpResponseMessage answer)
    {
        if (answer.StatusCode == HttpStatusCode.NoContent)
            return;
        var text = await answer.Content.ReadAsStringAsync(Token);
        using var error = JsonDocument.Parse(text);
        Assert.StartsWith("ERR_", error.RootElement.GetProperty("errorCode").GetString());
    }

    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            return await reader.ReadToEndAsync(deadline.Token);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static byte[] RandomBody(Random random)
    {
        if (random.Next(3) > 0)
            return Encoding.UTF8.GetBytes(RandomJson(random, 4));
        var bytes = new byte[random.Next(100)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string RandomEntry(Random random) =>
        $$"""{"{{(random.Next(2) == 0 ? "entryId" : "entryID")}}":{{RandomJson(random, 0)}},"event":{{RandomJson(random, 2)}}"""
        + $$""","contentType":{{(random.Next(2) == 0 ? "\"application/json\"" : RandomJson(random, 1))}},"metadata":{{RandomJson(random, 1)}}}""";

    private static string RandomJson(Random random, int depth) =>
        random.Next(depth > 0 ? 9 : 6) switch
        {
            0 => "null",
            1 => "true",
            2 => $"{random.Next(-5, 5)}",
            3 => "1e400",
            4 => "\"\"",
            5 => new[] { "\"id\"", "\"\\ud800\"", "\"x\\u0000y\"", "\"1.0\"", "\"2020-01-01T00:00:00Z\"" }[random.Next(5)],
            6 => $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => RandomJson(random, depth - 1)))}]",
            _ => "{"
                + string.Join(
                    ',',
                    Enumerable
                        .Range(0, random.Next(5))
                        .Select(_ => $"\"{Attributes[random.Next(Attributes.Length)]}\":{RandomJson(random, depth - 1)}")
                )
                + "}",
        };

    private static async Task<Running> StartAsync()
    {
        var app = await TestApp.StartAsync(Token);
        app.Subscriptions = Subscriptions;
        var folder = new ResourcesFolder(ResourcesFolder.PubSub);
        var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions
                    {
                        AppId = "app",
                        AppPort = app.Port,
                        ResourcesPaths = [folder.Path],
                    },
                ],
            },
            Token
        );
        await dapr.Sidecars["app"].ReadyAsync(Token);
        return new Running(app, folder, dapr, new HttpClient { BaseAddress = dapr.Sidecars["app"].HttpEndpoint, Timeout = Patience });
    }

    private sealed record Running(TestApp App, ResourcesFolder Resources, Dapr.Embedded.EmbeddedDapr Dapr, HttpClient Client) : IAsyncDisposable
    {
        public Sidecar Sidecar => Dapr.Sidecars["app"];

        /// <summary>Healthy, and an honest event still arrives.</summary>
        public async Task AssertWellAsync()
        {
            Assert.Equal(HttpStatusCode.NoContent, (await Client.GetAsync("/v1.0/healthz", Token)).StatusCode);
            var marker = Guid.NewGuid().ToString();
            using var content = new StringContent($"\"{marker}\"", Encoding.UTF8, "application/json");
            Assert.Equal(HttpStatusCode.NoContent, (await Client.PostAsync("/v1.0/publish/pubsub/t", content, Token)).StatusCode);
            await App.WaitAsync(request => request.Body.Contains(marker, StringComparison.Ordinal), 1, Token);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Dapr.DisposeAsync();
            await App.DisposeAsync();
            Resources.Dispose();
        }
    }
}
