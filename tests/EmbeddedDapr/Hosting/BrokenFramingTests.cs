using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Dapr.Embedded.Hosting;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

/// <summary>What the campaign of malformed requests found: bytes that are no HTTP or no gRPC are refused in words that Dapr's clients know.</summary>
public sealed class BrokenFramingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST /v1.0/state/s")]
    [InlineData("PUT /v1.0/metadata/k")]
    [InlineData("POST /v1.0/workflows/dapr/w/raiseEvent/e")]
    [InlineData("POST /v1.0/workflows/dapr/w/terminate")]
    public async Task Http_ChunkSizeBeyondAllBounds_IsAMalformedRequest(string route)
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        var answer = await AskAsync(sidecar, $"{route} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nx");
        Assert.StartsWith("HTTP/1.1 400 Bad Request", answer);
        Assert.Contains("""{"errorCode":"ERR_MALFORMED_REQUEST","message":"Bad chunk size data."}""", answer);
    }

    [Theory]
    [InlineData("GET /v1.0/state/s/%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request")]
    [InlineData("GET /v1.0/metadata HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400 Bad Request")]
    [InlineData("GET /v1.0/metadata HTTP/1.1\r\n\r\n", "400 Bad Request")]
    [InlineData("GET /v1.0/metadata HTTP/3.7\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported")]
    public async Task Http_NoHttp_IsRefusedInWords(string request, string words)
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        var answer = await AskAsync(sidecar, request);
        Assert.StartsWith(
            $"HTTP/1.1 {words}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {words.Length}\r\nConnection: close\r\n",
            answer
        );
        Assert.EndsWith($"\r\n\r\n{words}", answer);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nDate: x\r\n\r\n")]
    [InlineData("HTTP/1.1 400")]
    [InlineData("")]
    public void InWords_AnyOtherAnswer_StaysAsItIs(string answer) => Assert.Null(ParserRefusals.InWords(Encoding.ASCII.GetBytes(answer)));

    [Fact]
    public async Task Http_HundredsOfHeaders_AreNoError()
    {
        await using var sidecar = await StartAsync([], Token);
        var headers = string.Concat(Enumerable.Range(0, 300).Select(number => $"X-{number}: a\r\n"));
        Assert.StartsWith(
            "HTTP/1.1 200 OK",
            await AskAsync(sidecar, $"GET /v1.0/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")
        );
    }

    [Theory]
    [InlineData("/v1.0/state/s", """[{"key":"k","options":7}]""", "the value at $[0].options is of the wrong kind (line 1, byte 23)")]
    [InlineData("/v1.0/state/s/bulk", """{"keys":7}""", "failed deserializing HTTP body: the value at $.keys is of the wrong kind (line 1, byte 9)")]
    [InlineData("/v1.0-alpha1/lock/l", "7", "failed deserializing HTTP body: the value at $ is of the wrong kind (line 1, byte 1)")]
    public async Task Http_JsonOfTheWrongKind_NamesThePlaceAndNoTypeOfOurs(string route, string body, string message)
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory"), Component("l", "lock.in-memory")], Token);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await sidecar.Http.PostAsync(route, content, Token);
        Assert.Equal(
            (HttpStatusCode.BadRequest, $$"""{"errorCode":"ERR_MALFORMED_REQUEST","message":"{{message}}"}"""),
            (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token))
        );
    }

    [Theory]
    [InlineData("02000000030A0178", "13", "grpc: Unexpected compressed flag value in message header.")]
    [InlineData("00FFFFFFFF0A0178", "8", "grpc: Message too large: 4294967295")]
    [InlineData("00000000022A01", "13", "grpc: failed to unmarshal the received message: SkipLastField cannot be called at the end of a stream")]
    public async Task Grpc_BrokenFrame_HasTheStatusOfGrpcForGo(string frame, string status, string message)
    {
        await using var sidecar = await StartAsync([], Token);
        using var client = new HttpClient { BaseAddress = sidecar.Sidecar.GrpcEndpoint };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/TaskHubSidecarService/CompleteWorkflowTask")
        {
            Content = new ByteArrayContent(Convert.FromHexString(frame)) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.SendAsync(request, Token);
        string End(string name) =>
            (answer.TrailingHeaders.TryGetValues(name, out var values) || answer.Headers.TryGetValues(name, out values))
                ? Uri.UnescapeDataString(values.First())
                : "";
        Assert.Equal((status, message), (End("grpc-status"), End("grpc-message")));
    }

    private static async Task<string> AskAsync(TestSidecar sidecar, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, sidecar.Sidecar.HttpPort, Token);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Token);
        var received = new MemoryStream();
        // The connection ends after the answer, by a reset when something was never read.
        await Record.ExceptionAsync(() => client.GetStream().CopyToAsync(received, Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        return Encoding.UTF8.GetString(received.ToArray());
    }
}
