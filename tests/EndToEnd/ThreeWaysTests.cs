using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.EndToEnd.Tests.Support;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.EndToEnd.Tests;

/// <summary>One workflow, started by the command line, by plain HTTP and by the workflow client; paused and resumed on the way.</summary>
public sealed class ThreeWaysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TrainModel_StartedByCommandLineHttpAndClient_CompletesEachTime()
    {
        await using var simulator = SimulatorHost.Build(new SimulatorOptions { Workloads = 2 }, TimeProvider.System);
        await simulator.StartAsync();
        await using var system = await AnomalySystem.StartAsync(
            new(
                null,
                new Uri(simulator.Urls.First()),
                _folder.Path,
                Path.Combine(AppContext.BaseDirectory, "components", "local"),
                0,
                0,
                new Dictionary<string, IReadOnlyDictionary<string, string>>(),
                new Dictionary<string, string>()
            ),
            CancellationToken.None
        );
        var runtime = system.Sidecar(Apps.Trainer).HttpEndpoint;
        using var http = RuntimeClient.Create(system.ApiToken, TimeSpan.FromMinutes(2));
        var training = new TrainingClient(http, runtime, TimeProvider.System);

        using (
            var train = ServiceProcess.Start(
                "anomaly.dll",
                new Dictionary<string, string> { [SystemTokens.ApiTokenKey] = system.ApiToken },
                ["train", "--window", "3h", "--follow", "--runtime", runtime.ToString()]
            )
        )
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            await train.WaitForExitAsync(deadline.Token);
            Assert.True(train.ExitCode == 0, train.Output);
            Assert.Contains("anomaly-detector v1", train.Output);
        }

        var started = await http.PostAsync(
            new Uri(runtime, "/v1.0/workflows/dapr/TrainModel/start?instanceID=by-http"),
            new StringContent("""{"window":"3h"}""")
        );
        Assert.Equal(System.Net.HttpStatusCode.Accepted, started.StatusCode);
        (await http.PostAsync(new Uri(runtime, "/v1.0/workflows/dapr/by-http/pause"), null)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(
            async () => (await training.GetAsync("by-http", CancellationToken.None)).RuntimeStatus == "SUSPENDED",
            "the training is paused"
        );
        (await http.PostAsync(new Uri(runtime, "/v1.0/workflows/dapr/by-http/resume"), null)).EnsureSuccessStatusCode();
        Assert.Equal("2", await VersionAsync(training, "by-http"));

        var collection = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(
                new ConfigurationBuilder()
                    .AddInMemoryCollection([
                        new("DAPR_GRPC_ENDPOINT", system.Sidecar(Apps.Trainer).GrpcEndpoint.ToString()),
                        new(SystemTokens.ApiTokenKey, system.ApiToken),
                    ])
                    .Build()
            );
        collection.AddDaprWorkflow(_ => { });
        await using var services = collection.BuildServiceProvider();
        var client = services.GetRequiredService<DaprWorkflowClient>();
        await client.ScheduleNewWorkflowAsync(TrainModelWorkflow.Name, "by-client", new { window = "3h" });
        Assert.Equal("3", await VersionAsync(training, "by-client"));
    }

    private static async Task<string> VersionAsync(TrainingClient training, string id)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var ended = await training.FollowAsync(id, _ => { }, deadline.Token);
        Assert.True(ended.RuntimeStatus == "COMPLETED", $"{id} ended {ended.RuntimeStatus}: {ended.Failure}");
        return ended.Result!.Version;
    }
}
