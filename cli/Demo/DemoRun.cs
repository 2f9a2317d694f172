using System.Globalization;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Simulator.Cluster;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>The demo from start to end. Each step names itself, so that a failure says which one it was.</summary>
internal sealed class DemoRun(DemoOptions options, TimeProvider time)
{
    /// <summary>The fault of the unattended demo.</summary>
    private const string Workload = "checkout";

    private static readonly TimeSpan AlertWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TrainedWithin = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan FirstScoreWithin = TimeSpan.FromMinutes(2);
    private static readonly string[] Messengers = ["slack", "pagerduty"];

    private readonly Screen _screen = new(AnsiConsole.Console);
    private readonly List<(string Step, TimeSpan Took)> _steps = [];
    private string _step = "";

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunStepsAsync(cancellationToken);
            return 0;
        }
        catch (Exception e) when (options.Once && !cancellationToken.IsCancellationRequested)
        {
            PrintSteps();
            _screen.Problem($"demo: FAILED at \"{_step}\": {e.Message}");
            return 1;
        }
    }

    private async Task RunStepsAsync(CancellationToken cancellationToken)
    {
        EmptyData();
        await using var simulator = options.Prometheus is null ? await StepAsync("simulator", () => StartSimulatorAsync(cancellationToken)) : null;
        var source = options.Prometheus ?? simulator!.Url;
        if (options.Prometheus is not null)
            _screen.Title($"{ProductVersion.Title} · embedded Dapr · {PrometheusOptions.WithoutUser(source)}");
        await using var receiver = await WebhookReceiver.StartAsync(time, cancellationToken);

        await using var system = await StepAsync(
            "start",
            async () =>
            {
                if (options.Prometheus is { } url)
                {
                    using var client = new PrometheusClient(new PrometheusOptions { Url = url }, time);
                    await client.ReadyAsync(cancellationToken);
                }
                return await AnomalySystem.StartAsync(
                    new(
                        null,
                        source,
                        options.DataDirectory,
                        options.ResourcesPath,
                        options.RuntimePort,
                        options.ConsolePort,
                        Secrets(receiver.Url),
                        Settings()
                    ),
                    cancellationToken
                );
            }
        );
        var watch = new SystemWatch(system.Sidecar(Apps.Trainer).HttpEndpoint, system.ApiToken, _screen, time);
        await watch.IntroduceAsync(system, PrometheusOptions.WithoutUser(source), simulator?.Url, cancellationToken);
        await StepAsync(
            "train",
            () => WithinAsync(TrainedWithin, "the training did not end", token => watch.TrainAsync(new(options.Window), token), cancellationToken)
        );
        await StepAsync("score", () => WithinAsync(FirstScoreWithin, "no series was scored", watch.WaitUntilScoredAsync, cancellationToken));
        watch.SayWhere(system);

        if (options.Once)
            await OnceAsync(simulator, receiver, watch, cancellationToken);
        else
            await LiveAsync(simulator, watch, cancellationToken);
    }

    /// <summary>Deletes what an earlier run left, and nothing else: a folder that is not ours is refused.</summary>
    private void EmptyData()
    {
        if (!Directory.Exists(options.DataDirectory))
            return;
        if (Directory.EnumerateFileSystemEntries(options.DataDirectory).Any() && !File.Exists(Path.Combine(options.DataDirectory, "secrets.json")))
            throw new UserException(
                $"--data {options.DataDirectory}: the folder has other content and the demo empties it; name one that does not exist",
                ExitCodes.BadConfiguration
            );
        Directory.Delete(options.DataDirectory, recursive: true);
    }

    private async Task OnceAsync(RunningSimulator? simulator, WebhookReceiver receiver, SystemWatch watch, CancellationToken cancellationToken)
    {
        var begun = time.GetUtcNow();
        var messages = await StepAsync(
            "alert",
            async () =>
            {
                if (simulator is not null)
                {
                    simulator.Inject(FaultKind.Cpu, Workload, TimeSpan.FromMinutes(5));
                    _screen.Plain(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{begun.ToLocalTime():HH:mm:ss}  FAULT     cpu saturation of boutique/{Workload}"
                        )
                    );
                    return await Expect.MessagesAsync(receiver.Arrivals, Messengers, Workload, AlertWithin, time, cancellationToken);
                }
                using var burner = new CpuBurner();
                _screen.Plain(
                    string.Create(CultureInfo.InvariantCulture, $"{begun.ToLocalTime():HH:mm:ss}  FAULT     every core of this machine is burnt")
                );
                return await Expect.MessagesAsync(receiver.Arrivals, Messengers, "cpu", TimeSpan.FromMinutes(3), time, cancellationToken);
            }
        );
        foreach (var incident in (await watch.IncidentsAsync(cancellationToken)).Incidents.Take(1))
            watch.Tell(incident);
        foreach (var (name, message) in messages.OrderBy(m => m.Value.At))
            _screen.Fact(
                name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"message {(message.At - begun).TotalSeconds:0.0} s after the fault, through the Dapr binding \"{name}\""
                )
            );
        PrintSteps();
        _screen.Plain("demo: OK");
    }

    private async Task LiveAsync(RunningSimulator? simulator, SystemWatch watch, CancellationToken cancellationToken)
    {
        using var quit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (simulator is not null)
            _screen.Plain(
                _screen.IsTerminal && !System.Console.IsInputRedirected
                    ? "Keys: " + string.Join(" · ", FaultKeys.All.Select(k => $"{k.Key} {k.Text}")) + " · q quit"
                    : "Inject a fault with: anomaly demo-cpu   ·   stop with Ctrl-C"
            );
        var keys = simulator is not null && !System.Console.IsInputRedirected ? FaultKeys.ReadAsync(simulator, _screen, quit) : Task.CompletedTask;
        await watch.FollowIncidentsAsync(quit.Token);
        await keys;
    }

    private async Task<RunningSimulator> StartSimulatorAsync(CancellationToken cancellationToken)
    {
        var simulator = await RunningSimulator.StartAsync(options.Seed, time, cancellationToken);
        _screen.Title($"{ProductVersion.Title} · embedded Dapr · {simulator.Description}");
        return simulator;
    }

    private Dictionary<string, string> Settings()
    {
        // Whoever presses keys wants to see what they do: more than the two incidents a day of the default budget.
        Dictionary<string, string> settings = new() { ["ANOMALY_ROUTES"] = "slack,pagerduty,alertmanager", ["ANOMALY_BUDGET"] = "10/day" };
        if (options.Prometheus is null)
            settings["ANOMALY_STEP_SECONDS"] = RunningSimulator.Step.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return settings;
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Secrets(Uri receiver) =>
        new()
        {
            ["slack"] = new Dictionary<string, string> { ["url"] = new Uri(receiver, "slack").ToString() },
            ["pagerduty"] = new Dictionary<string, string> { ["url"] = new Uri(receiver, "pagerduty").ToString(), ["routing-key"] = "demo" },
            ["alertmanager"] = new Dictionary<string, string> { ["url"] = new Uri(receiver, "alertmanager").ToString() },
        };

    private async Task<T> StepAsync<T>(string name, Func<Task<T>> step)
    {
        _step = name;
        var begun = time.GetTimestamp();
        var result = await step();
        _steps.Add((name, time.GetElapsedTime(begun)));
        return result;
    }

    private async Task<T> WithinAsync<T>(TimeSpan limit, string otherwise, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new UserException(
                $"{otherwise} within {limit.TotalSeconds:0} s; the logs in {SystemLog.FolderIn(options.DataDirectory)} say why",
                ExitCodes.Failure
            );
        }
    }

    private void PrintSteps() =>
        _screen.Plain(
            "steps      "
                + string.Join(" · ", _steps.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Step} {s.Took.TotalSeconds:0.0} s")))
        );
}
