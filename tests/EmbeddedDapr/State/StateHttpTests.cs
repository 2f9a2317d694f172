using System.Net;
using System.Text;
using System.Text.Json;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.State;

public sealed class StateHttpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>daprd decodes and encodes values again and loses digits beyond a double; here the bytes are kept.</summary>
    [Theory]
    [InlineData("12345678901234567890")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("""{ "z": 1, "a": "<&>" }""")]
    public async Task Save_JsonValue_KeepsEveryByte(string value)
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync(sidecar, "/v1.0/state/s", $$"""[{"key":"k","value":{{value}}}]""")).StatusCode);
        Assert.Equal(value, await sidecar.Http.GetStringAsync("/v1.0/state/s/k", Token));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%20%C3%BC", " ü")]
    [InlineData("a+b", "a+b")]
    public async Task Get_EncodedKey_IsDecodedExactlyOnce(string path, string key)
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        await PostAsync(sidecar, "/v1.0/state/s", $$"""[{"key":{{JsonSerializer.Serialize(key)}},"value":7}]""");
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(
                $"{sidecar.Sidecar.HttpEndpoint}v1.0/state/s/{path}",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        Assert.Equal("7", await (await sidecar.Http.SendAsync(request, Token)).Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Bulk_ValueSavedOverGrpcThatIsNoJson_DoesNotBreakTheAnswer()
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        using var client = sidecar.Client();
        await client.SaveByteStateAsync("s", "raw", "not json"u8.ToArray(), cancellationToken: Token);
        using var answer = JsonDocument.Parse(
            await (await PostAsync(sidecar, "/v1.0/state/s/bulk", """{"keys":["raw","none"]}""")).Content.ReadAsStringAsync(Token)
        );
        Assert.Equal("not json", answer.RootElement[0].GetProperty("data").GetString());
        Assert.Equal("""{"key":"none"}""", answer.RootElement[1].GetRawText());
    }

    [Theory]
    [InlineData("$FOLDER/state.db")]
    [InlineData(":memory:")]
    public async Task Save_ManyWritersOnOneSqliteFile_NoneIsRefused(string connectionString)
    {
        await using var sidecar = await StartAsync(
            [Component("s", "state.sqlite", ("connectionString", connectionString), ("keyPrefix", "none"))],
            Token
        );
        var other = await sidecar.Dapr.AddSidecarAsync(sidecar.Sidecar.Context.Options with { AppId = "other", HttpPort = 0, GrpcPort = 0 }, Token);
        using var http = new HttpClient();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 400)
                .Select(i =>
                    http.PostAsync(
                        new Uri((i % 2 == 0 ? sidecar.Sidecar : other).HttpEndpoint, "/v1.0/state/s"),
                        new StringContent($$"""[{"key":"k{{i}}","value":{{i}}}]"""),
                        Token
                    )
                )
        );
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        Assert.Equal("399", await sidecar.Http.GetStringAsync("/v1.0/state/s/k399", Token));
    }

    private static Task<HttpResponseMessage> PostAsync(TestSidecar sidecar, string path, string body) =>
        sidecar.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Token);

    [Fact]
    public async Task Save_TextThatIsNoUtf8_IsKeptWithTheReplacementCharacter()
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        using var content = new ByteArrayContent([.. "[{\"key\":\"k\",\"value\":\"a"u8, 0x83, .. "b\"}]"u8]);
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.PostAsync("/v1.0/state/s", content, Token)).StatusCode);
        Assert.Equal("\"a\uFFFDb\"", await sidecar.Http.GetStringAsync("/v1.0/state/s/k", Token));
    }
}
