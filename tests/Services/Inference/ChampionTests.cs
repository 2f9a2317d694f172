using System.Net;
using System.Net.Http.Json;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Inference;

/// <summary>Whatever is wrong in the registry, the last good version is served, the service lives, and the reason is told.</summary>
public sealed class ChampionTests(SmallModel model) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("aliases.json", "{\"champion\":")]
    [InlineData("aliases.json", "[]")]
    [InlineData("aliases.json", "{\"champion\":null}")]
    [InlineData("versions/2/version.json", "{}")]
    [InlineData("versions/2/version.json", "\0\0\0\0")]
    [InlineData("versions/2/files/lstm.onnx", null)]
    [InlineData("versions/2/files/lstm.onnx", "not a model")]
    [InlineData("versions/2/files/seasonal.onnx", "flip")]
    public async Task Registry_ThatIsCorrupt_LeavesTheLastGoodVersion_AlsoAfterAStart(string file, string? content)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry, "good");
        await model.DeployAsync(dapr.Data.Registry, "damaged");
        Damage(Path.Combine(dapr.Data.Registry, "models", ModelAliases.Model, file), content);

        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        using var client = await dapr.ClientAsync();
        var inference = client.CreateInvokableHttpClient(Apps.Inference);
        var served = await Eventually.GetAsync(
            async () => await inference.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options) is { Version: not null } m ? m : null,
            "a version is served",
            60
        );

        Assert.Equal(file == "aliases.json" ? "2" : "1", served.Version);
        Assert.Contains(Path.GetFileName(file), served.Refused?.Reason);
        var version = await model.DeployAsync(dapr.Data.Registry, "mended");
        if (file == "aliases.json")
            Assert.Equal("3", version);
    }

    [Fact]
    public async Task Check_OfAVersionThatCannotBeServed_SaysWhyAndChangesNothing()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry, "good");
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        using var client = await dapr.ClientAsync();
        var inference = client.CreateInvokableHttpClient(Apps.Inference);
        await Eventually.TrueAsync(
            async () => (await inference.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version == "1",
            "v1 is served",
            60
        );

        using var good = await inference.PostAsJsonAsync("v1/model/check", new CheckModelV1("1"), MessageJson.Options);
        Assert.Equal(HttpStatusCode.NoContent, good.StatusCode);
        using var missing = await inference.PostAsJsonAsync("v1/model/check", new CheckModelV1("7"), MessageJson.Options);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, missing.StatusCode);
        Assert.Contains("has no version 7", await missing.Content.ReadAsStringAsync());
        Damage(Path.Combine(dapr.Data.Registry, "models", ModelAliases.Model, "versions/1/files/lstm.onnx"), "flip");
        using var damaged = await inference.PostAsJsonAsync("v1/model/check", new CheckModelV1("1"), MessageJson.Options);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, damaged.StatusCode);
        Assert.Contains("lstm.onnx does not match its SHA-256", await damaged.Content.ReadAsStringAsync());
        Assert.Equal("1", (await inference.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version);
    }

    /// <param name="content">Null deletes the file, <c>flip</c> changes one bit of it.</param>
    private static void Damage(string path, string? content)
    {
        if (content is null)
            File.Delete(path);
        else if (content == "flip")
        {
            var bytes = File.ReadAllBytes(path);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(path, bytes);
        }
        else
            File.WriteAllText(path, content);
    }
}
