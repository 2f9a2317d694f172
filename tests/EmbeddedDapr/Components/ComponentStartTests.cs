using System.Net;
using System.Text.Json;
using Dapr.Embedded;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Components;

public sealed class ComponentStartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_UnknownType_IsRefusedByNameWithTheListOfTypes()
    {
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() => StartAsync([Component("db", "state.mongodb")], Token));
        Assert.Contains("component db", error.Message);
        Assert.Contains("has no component type state.mongodb/v1; it has bindings.cron, bindings.http", error.Message);
        Assert.Contains("state.sqlite", error.Message);
    }

    [Fact]
    public async Task Start_WrongMetadata_NamesComponentKeyAndWhatWouldBeRight()
    {
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() =>
            StartAsync([Component("tick", "bindings.cron", ("schedule", "whenever"))], Token)
        );
        Assert.Contains("component tick", error.Message);
        Assert.Contains("schedule is \"whenever\", expected five or six cron fields", error.Message);
    }

    [Fact]
    public async Task Start_IgnoreErrors_LeavesTheComponentOut()
    {
        var broken = Component("broken", "state.mongodb").Replace("version: v1", "version: v1\n  ignoreErrors: true");
        await using var sidecar = await StartAsync([broken, Component("fine", "state.in-memory")], Token);
        Assert.Equal(["fine"], await NamesAsync(sidecar));
        var answer = await sidecar.Http.GetAsync("/v1.0/state/broken/k", Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("ERR_STATE_STORE_NOT_FOUND", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Start_ComponentOfAnotherApp_IsAbsent()
    {
        await using var sidecar = await StartAsync(
            [Component("theirs", "state.in-memory") + "scopes: [other]\n", Component("ours", "state.in-memory") + $"scopes: [{AppId}]\n"],
            Token
        );
        Assert.Equal(["ours"], await NamesAsync(sidecar));
    }

    [Fact]
    public async Task Start_SecretKeyRef_TakesTheSecretOfAStoreInALaterFile()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, """{"prefix":"none"}""", Token);
        var store =
            Component("store", "state.in-memory")
                .Replace("version: v1", "version: v1\n  metadata:\n  - name: keyPrefix\n    secretKeyRef: {name: prefix}")
            + "auth: {secretStore: vault}\n";
        await using var sidecar = await StartAsync([store, Component("vault", "secretstores.local.file", ("secretsFile", path))], Token);
        Assert.Equal("none", sidecar.Sidecar.Context.Components.All.Single(one => one.Name == "store").Spec.Metadata.Text("keyPrefix"));
        File.Delete(path);
    }

    private static async Task<IReadOnlyList<string?>> NamesAsync(TestSidecar sidecar)
    {
        using var answer = JsonDocument.Parse(await sidecar.Http.GetStringAsync("/v1.0/metadata", Token));
        return [.. answer.RootElement.GetProperty("components").EnumerateArray().Select(one => one.GetProperty("name").GetString())];
    }
}
