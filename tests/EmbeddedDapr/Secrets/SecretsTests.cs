using System.Net;
using System.Text.Json;
using Dapr.Embedded;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Secrets;

public sealed class SecretsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("secrets-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string SecretsFile => Path.Combine(folder, "secrets.json");

    private string Configuration => Path.Combine(folder, "config.yaml");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("false", "db:user", """{"db:user":"ann"}""")]
    [InlineData("false", "list:1", """{"list:1":"b"}""")]
    [InlineData("true", "db", """{"user":"ann"}""")]
    [InlineData("true", "plain", """{"plain":"p"}""")]
    public async Task File_NestedSecrets_AreFlattenedOrGrouped(string multiValued, string key, string expected)
    {
        await WriteAsync("""{"plain":"p","db":{"user":"ann"},"list":["a","b"]}""");
        await using var sidecar = await StartAsync(
            [Component("s", "secretstores.local.file", ("secretsFile", SecretsFile), ("multiValued", multiValued))],
            Token
        );
        Assert.Equal(expected, await sidecar.Http.GetStringAsync($"/v1.0/secrets/s/{key}", Token));
    }

    [Theory]
    [InlineData("allowedSecrets: [a]", "a", "b,c")]
    [InlineData("deniedSecrets: [a]", "b,c", "a")]
    [InlineData("defaultAccess: deny", "", "a,b,c")]
    [InlineData("defaultAccess: deny\n      allowedSecrets: [b]", "b", "a,c")]
    public async Task Scopes_DecideWhatIsReadAloneAndInBulk(string scope, string allowed, string denied)
    {
        await WriteAsync("""{"a":"1","b":"2","c":"3"}""");
        await File.WriteAllTextAsync(
            Configuration,
            $"kind: Configuration\nmetadata: {{name: c}}\nspec:\n  secrets:\n    scopes:\n    - storeName: s\n      {scope}\n",
            Token
        );
        await using var sidecar = await StartAsync(
            [Component("s", "secretstores.local.file", ("secretsFile", SecretsFile))],
            Token,
            options => options with { ConfigPaths = [Configuration] }
        );
        foreach (var key in allowed.Split(',', StringSplitOptions.RemoveEmptyEntries))
            Assert.Equal(HttpStatusCode.OK, (await sidecar.Http.GetAsync($"/v1.0/secrets/s/{key}", Token)).StatusCode);
        foreach (var key in denied.Split(','))
            Assert.Equal(HttpStatusCode.Forbidden, (await sidecar.Http.GetAsync($"/v1.0/secrets/s/{key}", Token)).StatusCode);
        using var bulk = JsonDocument.Parse(await sidecar.Http.GetStringAsync("/v1.0/secrets/s/bulk", Token));
        Assert.Equal(allowed, string.Join(',', bulk.RootElement.EnumerateObject().Select(one => one.Name).Order()));
    }

    [Fact]
    public async Task Environment_TokensOfTheRuntime_AreNeverHandedOut()
    {
        Environment.SetEnvironmentVariable("EMBEDDED_TEST_SECRET", "seen");
        Environment.SetEnvironmentVariable("APP_API_TOKEN", "hidden");
        try
        {
            await using var sidecar = await StartAsync([Component("s", "secretstores.local.env")], Token);
            using var client = sidecar.Client();
            Assert.Equal("seen", (await client.GetSecretAsync("s", "EMBEDDED_TEST_SECRET", cancellationToken: Token))["EMBEDDED_TEST_SECRET"]);
            Assert.Equal("", (await client.GetSecretAsync("s", "APP_API_TOKEN", cancellationToken: Token))["APP_API_TOKEN"]);
            var all = await client.GetBulkSecretAsync("s", cancellationToken: Token);
            Assert.Contains("EMBEDDED_TEST_SECRET", all.Keys);
            Assert.DoesNotContain("APP_API_TOKEN", all.Keys);
        }
        finally
        {
            Environment.SetEnvironmentVariable("EMBEDDED_TEST_SECRET", null);
            Environment.SetEnvironmentVariable("APP_API_TOKEN", null);
        }
    }

    [Fact]
    public async Task File_Missing_IsNamedWithTheFolderItWasLookedForIn()
    {
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() =>
            StartAsync([Component("s", "secretstores.local.file", ("secretsFile", "no/such.json"))], Token)
        );
        Assert.Contains("metadata secretsFile: no/such.json", error.Message);
    }

    private Task WriteAsync(string json) => File.WriteAllTextAsync(SecretsFile, json, Token);
}
