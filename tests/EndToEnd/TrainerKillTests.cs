using System.Diagnostics;
using System.Globalization;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.EndToEnd.Tests.Support;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Embedded;
using Tests.Support;

namespace Dapr.Anomaly.EndToEnd.Tests;

/// <summary>kill -9 in the middle of a training: the workflow goes on from its last finished activity.</summary>
public sealed class TrainerKillTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task KillTheTrainer_DuringTraining_GoesOnWithoutCollectingAgain()
    {
        await using var simulator = await StartSimulatorAsync();
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}");
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        var port = RealServer.FreePort();
        var sidecar = await dapr.Runtime.AddSidecarAsync(
            new SidecarOptions
            {
                AppId = Apps.Trainer,
                AppPort = port,
                ResourcesPaths = [dapr.Data.Components],
            },
            CancellationToken.None
        );
        string[] settings =
        [
            $"--DAPR_HTTP_ENDPOINT={sidecar.HttpEndpoint}",
            $"--DAPR_GRPC_ENDPOINT={sidecar.GrpcEndpoint}",
            $"--ANOMALY_REGISTRY={dapr.Data.Registry}",
            $"--APP_PORT={port}",
        ];
        var training = new TrainingClient(Http, sidecar.HttpEndpoint, TimeProvider.System);

        using var first = ServiceProcess.Start("Dapr.Anomaly.Trainer.dll", settings);
        var id = await training.StartAsync(new TrainModelInput("3h"), "train-killed", CancellationToken.None);
        await Eventually.TrueAsync(
            async () => await IsAsync(training, id, "lstm", StepState.Running),
            $"the LSTM is being trained; {first.Output}",
            120
        );
        await first.KillAsync();
        Assert.Equal("RUNNING", (await training.GetAsync(id, CancellationToken.None)).RuntimeStatus);

        using var second = ServiceProcess.Start("Dapr.Anomaly.Trainer.dll", settings);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var ended = await training.FollowAsync(id, _ => { }, deadline.Token);

        Assert.True(ended.RuntimeStatus == "COMPLETED", $"{ended.RuntimeStatus}: {ended.Failure}; {second.Output}");
        Assert.Equal("1", ended.Result!.Version);
        var steps = (await Http.GetStringAsync($"http://127.0.0.1:{port}/metrics"))
            .Split('\n')
            .Where(l => l.StartsWith("anomaly_detector_training_runs_total{", StringComparison.Ordinal))
            .ToList();
        Assert.Contains(steps, l => l.Contains("step=\"lstm\"", StringComparison.Ordinal));
        Assert.DoesNotContain(
            steps,
            l => l.Contains("step=\"collect\"", StringComparison.Ordinal) || l.Contains("step=\"featurize\"", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task KillEverything_DuringTraining_GoesOnAtTheNextStart()
    {
        await using var simulator = await StartSimulatorAsync();
        var data = Path.Combine(_folder.Path, "data");
        string[] up = ["up", "--prometheus", simulator.Urls.First(), "--data", data, "--runtime-port", "0", "--console-port", "0"];

        using (var first = ServiceProcess.Start("anomaly.dll", up))
        {
            await Eventually.TrueAsync(() => File.Exists(Path.Combine(data, "session.json")), $"the system is up; {first.Output}", 60);
            var training = TrainingOf(data);
            var id = await Eventually.GetAsync(() => Task.FromResult(Instance(first.Output)), "a training began", 60);
            await Eventually.TrueAsync(
                async () => await IsAsync(training, id, "lstm", StepState.Running),
                $"the LSTM is being trained; {first.Output}",
                120
            );
            var child = await TrainerOfAsync(first);
            await first.KillAsync();
            await Eventually.TrueAsync(() => !IsThere(child), "the trainer ends with its parent");
        }
        File.Delete(Path.Combine(data, "session.json"));

        using var second = ServiceProcess.Start("anomaly.dll", up);
        await Eventually.TrueAsync(() => second.Output.Contains("· v1", StringComparison.Ordinal), "the training that was killed ends as v1", 180);
        try
        {
            await Eventually.TrueAsync(() => second.Output.Contains("scoring", StringComparison.Ordinal), "and its model scores", 60);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"its model does not score within 60 s; {second.Output}; {Logs(data)}");
        }
    }

    [Fact]
    public async Task KillTheTrainerOfUp_DuringTraining_IsToldAndTheTrainingGoesOn()
    {
        await using var simulator = await StartSimulatorAsync();
        var data = Path.Combine(_folder.Path, "data");
        using var up = ServiceProcess.Start(
            "anomaly.dll",
            ["up", "--prometheus", simulator.Urls.First(), "--data", data, "--runtime-port", "0", "--console-port", "0"]
        );
        var id = await Eventually.GetAsync(() => Task.FromResult(Instance(up.Output)), "a training began", 60);
        var training = TrainingOf(data);
        await Eventually.TrueAsync(
            async () => await IsAsync(training, id, "lstm", StepState.Running),
            $"the LSTM is being trained; {up.Output}",
            120
        );
        var first = await TrainerOfAsync(up);

        Process.GetProcessById(first).Kill();

        await Eventually.TrueAsync(
            () => up.Output.Contains("✗ was killed by signal 9; it is started again in 1 s", StringComparison.Ordinal),
            $"its end is told; {up.Output}"
        );
        await Eventually.TrueAsync(() => up.Output.Contains("· v1", StringComparison.Ordinal), $"the training ends as v1; {up.Output}", 180);
        await Eventually.TrueAsync(() => up.Output.Contains("● runs again", StringComparison.Ordinal), $"the trainer is well; {up.Output}");
        Assert.NotEqual(first, await TrainerOfAsync(up));
        Assert.False(up.HasExited);
    }

    /// <summary>By the session file, as any program of this user.</summary>
    private static TrainingClient TrainingOf(string data)
    {
        var session = Cli.Up.Session.Read(data);
        return new(Cli.Up.RuntimeClient.Create(session.ApiToken, TimeSpan.FromMinutes(2)), session.Runtime, TimeProvider.System);
    }

    /// <summary>Process id of the trainer that <c>anomaly up</c> has as a child.</summary>
    private static async Task<int> TrainerOfAsync(ServiceProcess up) =>
        (await RealServer.RunAsync("ps", "-A", "-o", "pid=,ppid=,args="))
            .Split('\n')
            .Where(line => line.Contains("service trainer", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => int.Parse(fields[1], CultureInfo.InvariantCulture) == up.Id)
            .Select(fields => int.Parse(fields[0], CultureInfo.InvariantCulture))
            .Single();

    private static bool IsThere(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The ends of the services' logs, for the message of a test that failed.</summary>
    private static string Logs(string data) =>
        string.Join(
            '\n',
            Directory
                .GetFiles(data, "*.log", SearchOption.AllDirectories)
                .Select(file => $"{Path.GetFileName(file)}: {string.Join('\n', File.ReadLines(file).TakeLast(15))}")
        );

    private static async Task<WebApplication> StartSimulatorAsync()
    {
        var app = SimulatorHost.Build(new SimulatorOptions { Workloads = 4 }, TimeProvider.System);
        await app.StartAsync();
        return app;
    }

    private static async Task<bool> IsAsync(TrainingClient training, string id, string step, StepState state) =>
        (await training.GetAsync(id, CancellationToken.None)).Progress.Steps.Any(s => s.Name == step && s.State == state);

    private static string? Instance(string output)
    {
        var at = output.IndexOf("workflow train-", StringComparison.Ordinal);
        return at < 0 ? null : output[(at + "workflow ".Length)..].Split('\n', ' ')[0].Trim();
    }
}
