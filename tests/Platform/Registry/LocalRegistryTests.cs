using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Platform.Tests.Registry;

public sealed class LocalRegistryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("registry-").FullName;
    private static readonly CancellationToken None = CancellationToken.None;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Register_Twice_LeavesOneVersion()
    {
        var registry = Open();
        var run = await StartAsync(registry, "workflow-1");

        var first = await registry.RegisterAsync(Model(run, "a"), None);
        var again = await registry.RegisterAsync(Model(run, "a"), None);
        var other = await registry.RegisterAsync(Model(await StartAsync(registry, "workflow-2"), "b"), None);

        Assert.Equal("1", first.Version);
        Assert.Equal("1", again.Version);
        Assert.Equal("2", other.Version);
        Assert.Equal(["2", "1"], (await registry.ListVersionsAsync("anomaly", None)).Select(v => v.Version));
    }

    [Fact]
    public async Task StartRun_SameKey_IsTheSameRun()
    {
        Assert.Equal(await StartAsync(Open(), "w"), await StartAsync(Open(), "w"));
        Assert.NotEqual(await StartAsync(Open(), "w"), await StartAsync(Open(), "v"));
    }

    [Fact]
    public async Task Alias_Moved_IsSeenByAnotherInstance()
    {
        var registry = Open();
        var run = await StartAsync(registry, "w");
        await registry.RegisterAsync(Model(run, "a"), None);
        await registry.RegisterAsync(Model(run, "b"), None);
        Assert.Null(await registry.FindByAliasAsync("anomaly", "champion", None));

        await registry.SetAliasAsync("anomaly", "champion", "1", None);
        await registry.SetAliasAsync("anomaly", "champion", "2", None);

        var champion = await Open().FindByAliasAsync("anomaly", "champion", None);
        Assert.Equal("2", champion!.Version);
        Assert.Equal(["champion"], champion.Aliases);
        Assert.Equal("b"u8.ToArray(), (await Open().DownloadAsync(champion, None))["model/model.onnx"]);
    }

    [Fact]
    public async Task SetAlias_UnknownVersion_IsRefused()
    {
        var e = await Assert.ThrowsAsync<RegistryException>(() => Open().SetAliasAsync("anomaly", "champion", "7", None));
        Assert.Contains("has no version 7", e.Message);
    }

    [Fact]
    public async Task Download_FileChangedOnDisk_IsRefused()
    {
        var registry = Open();
        var version = await registry.RegisterAsync(Model(await StartAsync(registry, "w"), "a"), None);
        var file = Directory.GetFiles(_directory, "model.onnx", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(file, "z", None);

        var e = await Assert.ThrowsAsync<RegistryException>(() => registry.DownloadAsync(version, None));
        Assert.Contains("does not match its SHA-256", e.Message);
    }

    [Fact]
    public async Task Register_PathOutside_IsRefused()
    {
        var registry = Open();
        var model = Model(await StartAsync(registry, "w"), "a") with { Files = new Dictionary<string, byte[]> { ["../evil"] = [1] } };
        await Assert.ThrowsAsync<RegistryException>(() => registry.RegisterAsync(model, None));
    }

    [Fact]
    public async Task LogMetrics_SamePointTwice_IsStoredOnce()
    {
        var registry = Open();
        var run = await StartAsync(registry, "w");
        RunMetric[] metrics = [new("train/loss", 0.5, DateTimeOffset.UnixEpoch, 1), new("train/loss", 0.4, DateTimeOffset.UnixEpoch, 2)];

        await registry.LogMetricsAsync(run, metrics, None);
        await registry.LogMetricsAsync(run, metrics, None);

        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(_directory, "runs", run.RunId, "metrics.jsonl"), None)).Length);
    }

    private LocalRegistry Open() => new(_directory, TimeProvider.System);

    private static Task<RunReference> StartAsync(LocalRegistry registry, string key) =>
        registry.StartRunAsync(new("anomaly/train", "train", key, DateTimeOffset.UnixEpoch, new Dictionary<string, string>(), null), None);

    private static ModelRegistration Model(RunReference run, string content) =>
        new(
            "anomaly",
            run,
            content,
            "",
            new Dictionary<string, byte[]> { ["model/model.onnx"] = System.Text.Encoding.UTF8.GetBytes(content) },
            new Dictionary<string, string>(),
            new Dictionary<string, double>(),
            "model/model.onnx"
        );
}
