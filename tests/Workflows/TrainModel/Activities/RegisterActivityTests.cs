using System.Text;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Anomaly.Workflows.TrainModel.Activities;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel.Activities;

public sealed class RegisterActivityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("lstm.onnx", "lstm.onnx", "seasonal.onnx", "forest-cpu.onnx")]
    [InlineData("seasonal.onnx", "forest-cpu.onnx", "seasonal.onnx")]
    [InlineData("forest-cpu.onnx", "forest-memory.onnx", "forest-cpu.onnx")]
    public async Task Run_MembersThatCameOut_TheSignatureIsAFileThatIsThere(string signature, params string[] files)
    {
        RecordingRegistry registry = new();
        await RegisterAsync(registry, Trainings.Plan(), [], files);
        Assert.Equal(signature, registry.Registered!.Signature);
        Assert.Equal([.. files, "manifest.json"], registry.Registered.Files.Keys);
    }

    [Fact]
    public async Task Run_MemberWithoutFiles_IsNotSaidToBeOne()
    {
        RecordingRegistry registry = new();
        await RegisterAsync(registry, Trainings.Plan(scheduler: "daily"), [], "seasonal.onnx");
        Assert.Equal("seasonal", registry.Parameters["members"]);
        Assert.Equal(
            ("daily", "03:00:00", "1.00:00:00"),
            (registry.Parameters["scheduler"], registry.Parameters["window"], registry.Parameters["coarse_window"])
        );
    }

    [Fact]
    public async Task Run_NotesOfTheTraining_StandInTheRun()
    {
        RecordingRegistry registry = new();
        await RegisterAsync(registry, Trainings.Plan(), ["query slow: timed out"], "seasonal.onnx");
        Assert.Equal("query slow: timed out\nlstm: no window is complete\n", Encoding.UTF8.GetString(registry.Artifacts["notes.txt"]));
    }

    private async Task RegisterAsync(RecordingRegistry registry, TrainingPlan plan, string[] notes, params string[] files)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        using var client = await dapr.ClientAsync();
        var artifacts = new ArtifactStore(client);
        var members = files
            .Select(async f => new TrainedMember(Path.GetFileNameWithoutExtension(f).Split('-')[0], [await KeepAsync(artifacts, f)], [], 1))
            .Select(m => m.Result)
            .Append(new("lstm", [], [], 1, "no window is complete"));
        CollectedData data = new("http://p", Trainings.Step, [], 4, 9, notes, new string('d', 64), 1);
        EvaluatedModel evaluated = new([await KeepAsync(artifacts, "manifest.json")], [new("eval/detection_rate", 1)], "finds all", 1);

        var outcome = await new RegisterActivity(registry, artifacts, Trainings.Meter()).RunAsync(null!, new(plan, data, [.. members], evaluated));

        Assert.Equal("1", outcome.OrRefuse().Version);
    }

    private static async Task<FileReference> KeepAsync(ArtifactStore artifacts, string file) =>
        new(file, await artifacts.SaveAsync(file, Encoding.UTF8.GetBytes(file), CancellationToken.None));

    /// <summary>Remembers what it was told; only what a register step says is called.</summary>
    private sealed class RecordingRegistry : IModelRegistry
    {
        public ModelRegistration? Registered { get; private set; }

        public IReadOnlyDictionary<string, string> Parameters { get; private set; } = new Dictionary<string, string>();

        public Dictionary<string, byte[]> Artifacts { get; } = [];

        public string Location => "memory";

        public Task<RunReference> StartRunAsync(RunStart start, CancellationToken cancellationToken) =>
            Task.FromResult(new RunReference(start.Experiment, start.Key));

        public Task LogParametersAsync(RunReference run, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken)
        {
            Parameters = parameters;
            return Task.CompletedTask;
        }

        public Task LogMetricsAsync(RunReference run, IReadOnlyList<RunMetric> metrics, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task LogArtifactAsync(RunReference run, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            Artifacts[path] = content.ToArray();
            return Task.CompletedTask;
        }

        public Task EndRunAsync(RunReference run, RunStatus status, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<ModelVersion> RegisterAsync(ModelRegistration registration, CancellationToken cancellationToken)
        {
            Registered = registration;
            return Task.FromResult(
                new ModelVersion(registration.Model, "1", registration.Run.RunId, registration.Sha256, Trainings.Now, registration.Tags, [])
            );
        }

        public Task SetAliasAsync(string model, string alias, string version, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ModelVersion?> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyDictionary<string, byte[]>> DownloadAsync(ModelVersion version, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
