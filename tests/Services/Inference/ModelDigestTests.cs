using System.Net.Http.Json;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Inference;

/// <summary>What was registered is what is loaded: one byte that differs is refused by name, and the version before is served on.</summary>
public sealed class ModelDigestTests(SmallModel model) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Champion_OneByteOfAFileDiffers_IsRefusedByNameAndTheOneBeforeIsServed()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry);
        var (app, _) = await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        await Eventually.TrueAsync(async () => await ServedAsync(http) == "1", "the first version is served");

        var swap = 0;
        foreach (var file in model.Bundle.ToFiles().Keys)
        {
            var version = await model.DeployAsync(dapr.Data.Registry, $"run-{++swap}");
            FlipAByte(Path.Combine(dapr.Data.Registry, "models", ModelAliases.Model, "versions", version, "files", file));
            using var told = await http.PostAsJsonAsync(
                "model-deployed",
                new ModelDeployedV1(ModelAliases.Model, version, ModelAliases.Champion, model.End),
                MessageJson.Options
            );
            told.EnsureSuccessStatusCode();
            Assert.Equal("1", await ServedAsync(http));
            Assert.Contains($"v{version}: {file} does not match its SHA-256", await LogAsync(dapr));
        }
        Assert.True(swap >= 3, $"{swap} files");
    }

    private static async Task<string?> ServedAsync(HttpClient http) =>
        (await http.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version;

    private static async Task<string> LogAsync(TestDapr dapr)
    {
        using var reader = new StreamReader(
            new FileStream(Path.Combine(dapr.Data.Path, "logs", $"{Apps.Inference}.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
        );
        return await reader.ReadToEndAsync();
    }

    private static void FlipAByte(string path)
    {
        var content = File.ReadAllBytes(path);
        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(path, content);
    }
}
