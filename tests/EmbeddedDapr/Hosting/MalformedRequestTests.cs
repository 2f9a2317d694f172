using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CsCheck;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

/// <summary>Whatever is sent: an answer within the deadline, a Dapr error for what is wrong, and a runtime that is well afterwards.</summary>
public sealed class MalformedRequestTests
{
    private static readonly string[] Routes =
    [
        "POST /v1.0/state/s",
        "POST /v1.0/state/s/bulk",
        "POST /v1.0/state/s/transaction",
        "POST /v1.0-alpha1/state/s/query",
        "PUT /v1.0/metadata/k",
        "POST /v1.0/bindings/files",
        "POST /v1.0-alpha1/lock/l",
        "POST /v1.0-alpha1/unlock/l",
        "POST /v1.0/publish/bulk/p/t",
        "POST /v1.0/publish/p/t",
        "GET /v1.0/secrets/v/k",
        "GET /v1.0/configuration/c",
        "GET /v1.0/workflows/dapr/none",
        "GET /v1.0/state/s/k",
        "DELETE /v1.0/state/s/k",
    ];

    private static readonly Gen<string> Bodies = Gen.OneOf(
        Gen.String,
        Any(
            "",
            " ",
            "null",
            "true",
            "[",
            "[null]",
            "{}",
            "[{}]",
            "[{\"key\":null}]",
            "[{\"key\":1}]",
            "{\"operations\":[null]}",
            "{\"operations\":[{\"operation\":\"upsert\"}]}",
            "{\"keys\":[null]}",
            "{\"keys\":\"a\"}",
            "[{\"key\":\"k\",\"metadata\":{\"ttlInSeconds\":5}}]",
            "[{\"key\":\"k\",\"metadata\":{\"ttlInSeconds\":\"99999999999999999999\"}}]",
            "[{\"key\":\"k\",\"etag\":7}]",
            "[{\"key\":\"k\",\"options\":[]}]",
            "{\"operation\":\"create\",\"metadata\":{\"fileName\":\"\\u0000\"}}",
            "{\"operation\":7}",
            "{\"resourceId\":\"r\",\"lockOwner\":\"o\",\"expiryInSeconds\":\"x\"}",
            "{\"resourceId\":\"r\",\"lockOwner\":\"o\",\"expiryInSeconds\":-1}",
            "[{\"entryId\":\"\"}]",
            "\ud800",
            "{\"a\":" + new string('[', 2000),
            "\u0000\u0001"
        )
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Http_AnyBodyOnAnyRoute_IsAnsweredWithSuccessOrADaprError()
    {
        await using var sidecar = await StartFullAsync();
        await Gen.Select(Any(Routes), Bodies, Any("application/json", "text/plain", "application/cloudevents+json", ""))
            .SampleAsync(
                async (route, body, type) =>
                {
                    using var request = new HttpRequestMessage(new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1]);
                    if (request.Method.Method is "POST" or "PUT")
                    {
                        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
                        if (type.Length > 0)
                            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                    }
                    using var answer = await sidecar.Http.SendAsync(request, Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
                    var text = await answer.Content.ReadAsStringAsync(Token);
                    if ((int)answer.StatusCode < 400)
                        return;
                    using var error = JsonDocument.Parse(text);
                    var code = error.RootElement.GetProperty("errorCode").GetString();
                    Assert.True(code is { Length: > 0 } and not "ERROR", $"{route} {body}: {(int)answer.StatusCode} {text}");
                    Assert.NotEqual(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
                },
                iter: 600,
                threads: 4
            );
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/v1.0/healthz/outbound", Token)).StatusCode);
    }

    [Fact]
    public async Task Tcp_AnyBytes_LeaveTheRuntimeWell()
    {
        await using var sidecar = await StartFullAsync();
        var fragments = Any(
            "GET /v1.0/state/s/k HTTP/1.1\r\n",
            "POST /v1.0/state/s HTTP/1.1\r\n",
            "Host: x\r\n",
            "Content-Length: 5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 99999999999\r\n",
            "Transfer-Encoding: chunked\r\n",
            "\r\n",
            "zz\r\n",
            "5\r\nhello\r\n",
            "0\r\n\r\n",
            "GET /%zz HTTP/1.1\r\n",
            "GET /%00%ff HTTP/1.1\r\n",
            "GET http://[::1 HTTP/1.1\r\n",
            "OPTIONS * HTTP/1.1\r\n",
            "CONNECT a:1 HTTP/1.1\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u0000\u0016\u0003\u0001",
            "traceparent: \u0001\r\n",
            "dapr-app-id: \r\n"
        );
        await fragments
            .Array[1, 6]
            .SampleAsync(
                async parts =>
                {
                    foreach (var port in new[] { sidecar.Sidecar.HttpPort, sidecar.Sidecar.GrpcPort })
                    {
                        using var client = new TcpClient();
                        await client.ConnectAsync(IPAddress.Loopback, port, Token);
                        var stream = client.GetStream();
                        var failure = await Record.ExceptionAsync(() => TalkAsync(stream, string.Concat(parts)));
                        Assert.False(failure is TimeoutException, $"no answer and no end to {string.Concat(parts)}");
                    }
                },
                iter: 150,
                threads: 2
            );
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/v1.0/healthz/outbound", Token)).StatusCode);
        using var client = sidecar.Client();
        Assert.Equal(0, await client.GetStateAsync<int>("s", "k", cancellationToken: Token));
    }

    [Theory]
    [InlineData("GET /v1.0/state/s/%zz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request", "400 Bad Request")]
    [InlineData(
        "GET /v1.0/metadata HTTP/1.1\r\nHost: x\r\nX-Long: $LONG\r\n\r\n",
        "HTTP/1.1 431 Request Header Fields Too Large",
        "431 Request Header Fields Too Large"
    )]
    [InlineData("POST /v1.0/state/s HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n", "HTTP/1.1 400 Bad Request", "stream too large")]
    public async Task Http_OverTheLimits_SaysItInDaprsWords(string request, string status, string words)
    {
        await using var sidecar = await StartFullAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, sidecar.Sidecar.HttpPort, Token);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request.Replace("$LONG", new string('y', 9000))), Token);
        var received = new MemoryStream();
        // The connection ends after the answer, by a reset when the body was never read.
        await Record.ExceptionAsync(() => client.GetStream().CopyToAsync(received, Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        var answer = Encoding.UTF8.GetString(received.ToArray());
        Assert.StartsWith(status, answer);
        Assert.Contains(words, answer);
    }

    private static Gen<string> Any(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Sends the bytes and reads until the server ends the connection, which it may also reset.</summary>
    private static async Task TalkAsync(NetworkStream stream, string bytes)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), Token);
        stream.Socket.Shutdown(SocketShutdown.Send);
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token) > 0) { }
    }

    private static Task<TestSidecar> StartFullAsync() =>
        StartAsync(
            [
                Component("s", "state.in-memory"),
                Component("files", "bindings.localstorage", ("rootPath", "$FOLDER/files")),
                Component("l", "lock.in-memory"),
                Component("p", "pubsub.in-memory"),
                Component("v", "secretstores.local.env"),
                Component("c", "configuration.in-memory", ("a", "1")),
            ],
            Token
        );
}
