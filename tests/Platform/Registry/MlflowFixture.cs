using Dapr.Anomaly.Core.Models.Onnx;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.Registry.Mlflow;
using Dapr.Anomaly.Platform.Tests.Registry.Fake;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Platform.Tests.Registry;

/// <summary>What a training writes, and registries that talk to a fake.</summary>
internal static class MlflowFixture
{
    public const string Model = "anomaly-detector";

    public static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static MlflowSettings Settings(string uri, params (string Key, string Value)[] more) =>
        MlflowSettings.From(
            new ConfigurationBuilder()
                .AddInMemoryCollection([new("MLFLOW_TRACKING_URI", uri), new("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")])
                .AddInMemoryCollection(more.Select(m => new KeyValuePair<string, string?>(m.Key, m.Value)))
                .Build()
        )!;

    public static MlflowRegistry Connect(string uri, params (string Key, string Value)[] more) =>
        new(new MlflowClient(Settings(uri, more), TimeProvider.System), TimeProvider.System);

    public static MlflowRegistry Connect(FakeMlflow fake) => Connect(fake.Uri);

    /// <summary>The calls of the workflow's Register and Deploy activities.</summary>
    public static async Task<ModelVersion> TrainAsync(IModelRegistry registry, string key, string content = "v1")
    {
        var none = CancellationToken.None;
        var run = await registry.StartRunAsync(
            new(
                "anomaly-detector-training",
                key,
                key,
                At,
                new Dictionary<string, string> { ["anomaly.workflow_id"] = key, ["anomaly.trigger"] = "schedule" },
                new("prometheus", "0123456789abcdef0123456789abcdef", "{\"url\":\"http://prometheus:9090\"}")
            ),
            none
        );
        await registry.LogParametersAsync(run, new Dictionary<string, string> { ["seed"] = "7", ["members"] = "forest,lstm" }, none);
        await registry.LogMetricsAsync(
            run,
            [
                new("train/lstm_loss", 0.5, At, 1),
                new("train/lstm_loss", 0.25, At.AddMilliseconds(2), 2),
                new("eval/lstm/pinball", 0.123456789, At),
                new("eval/detection_rate", 0.9, At),
            ],
            none
        );
        await registry.LogArtifactAsync(run, "report/evaluation.json", "{\"eval/detection_rate\":0.9}"u8.ToArray(), none);
        var version = await registry.RegisterAsync(Registration(run, content), none);
        await registry.EndRunAsync(run, RunStatus.Finished, none);
        if (await registry.FindByAliasAsync(Model, "champion", none) is { } champion && champion.Version != version.Version)
            await registry.SetAliasAsync(Model, "previous", champion.Version, none);
        await registry.SetAliasAsync(Model, "champion", version.Version, none);
        return version;
    }

    public static ModelRegistration Registration(RunReference run, string content) =>
        new(
            Model,
            run,
            LocalRegistry.Digest(System.Text.Encoding.UTF8.GetBytes(content)),
            "Finds **90 %** of planted faults.",
            new Dictionary<string, byte[]> { ["lstm.onnx"] = Onnx(), ["parts/notes.txt"] = System.Text.Encoding.UTF8.GetBytes(content) },
            new Dictionary<string, string> { ["anomaly.workflow_id"] = run.RunId, ["anomaly.schema_hash"] = "abc" },
            new Dictionary<string, double> { ["eval/detection_rate"] = 0.9 },
            "lstm.onnx"
        );

    public static byte[] Onnx()
    {
        var graph = new OnnxGraph("identity");
        graph.Node("Identity", [graph.Input("x", OnnxElement.Float, "N", 4)], "y");
        graph.Output("y", OnnxElement.Float, "N", 4);
        return graph.ToModel();
    }
}

/// <summary>One machine: a directory, its outbox, and perhaps a server.</summary>
internal sealed class Machine : IDisposable
{
    private readonly LocalRegistry _local;

    public Machine(string directory, string? server, ILogger<OutboxReplay>? logger = null)
    {
        Directory = directory;
        _local = new(directory, TimeProvider.System);
        Outbox = new(directory, TimeProvider.System);
        var remote = server is null ? null : MlflowFixture.Connect(server);
        Registry = new(_local, Outbox, remote, TimeProvider.System, NullLogger<MirroredRegistry>.Instance);
        Replay = remote is null ? null : new(Outbox, _local, remote, logger ?? NullLogger<OutboxReplay>.Instance);
    }

    public string Directory { get; }

    public Outbox Outbox { get; }

    public MirroredRegistry Registry { get; }

    public OutboxReplay? Replay { get; }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    public static Machine Fresh(string? server) => new(System.IO.Directory.CreateTempSubdirectory("mirror-").FullName, server);

    public Task<int> ReplayAsync() => Replay!.RunAsync(CancellationToken.None);

    public Task<int> PendingAsync() => Registry.PendingAsync(CancellationToken.None);
}
