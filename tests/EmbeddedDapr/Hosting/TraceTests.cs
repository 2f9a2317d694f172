using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

public sealed class TraceTests
{
    private const string Zeros = "00-00000000000000000000000000000000-0000000000000000-00";
    private const string Given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_WithoutTracing_ShowsZerosOrTheCallersTrace()
    {
        await using var sidecar = await StartAsync([], Token);
        Assert.Equal(Zeros, await AnswerAsync(sidecar, null));
        Assert.Equal(Zeros, await AnswerAsync(sidecar, "garbage"));
        var continued = await AnswerAsync(sidecar, Given);
        Assert.Equal(Given[..36], continued[..36]);
        Assert.NotEqual(Given, continued);
    }

    [Fact]
    public async Task Answer_WithTracing_BeginsATraceOfItsOwn()
    {
        var configuration = Path.GetTempFileName();
        await File.WriteAllTextAsync(configuration, "kind: Configuration\nspec: {tracing: {samplingRate: \"1\"}}", Token);
        await using var sidecar = await StartAsync([], Token, options => options with { ConfigPaths = [configuration] });
        var (one, two) = (await AnswerAsync(sidecar, null), await AnswerAsync(sidecar, null));
        Assert.EndsWith("-01", one);
        Assert.NotEqual(one[..36], two[..36]);
        Assert.DoesNotContain("traceparent", (await sidecar.Http.GetAsync("/v1.0/healthz", Token)).Headers.Select(header => header.Key));
        File.Delete(configuration);
    }

    private static async Task<string> AnswerAsync(TestSidecar sidecar, string? traceparent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1.0/metadata");
        if (traceparent is not null)
            request.Headers.TryAddWithoutValidation("traceparent", traceparent);
        return (await sidecar.Http.SendAsync(request, Token)).Headers.GetValues("traceparent").Single();
    }
}
