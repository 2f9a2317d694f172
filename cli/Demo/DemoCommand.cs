using System.CommandLine;
using Dapr.Anomaly.Cli.Up;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>anomaly demo: everything on this machine, on a simulated cluster or a real Prometheus.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var once = new Option<bool>("--once")
        {
            Description = "Inject a CPU fault, wait for the messages, then stop: exit code 0 when everything arrived",
        };
        var prometheus = CommonOptions.Prometheus();
        var window = new Option<string>("--window") { Description = "How much is learnt at full resolution", DefaultValueFactory = _ => "6h" };
        var seed = new Option<int>("--seed") { Description = "Seed of the simulated cluster", DefaultValueFactory = _ => 7 };
        var data = new Option<string>("--data")
        {
            Description = "Folder for state, queues, workflows and models; emptied at start",
            DefaultValueFactory = _ => DataDirectory.Demo,
        };
        var resources = CommonOptions.Resources();
        var runtimePort = CommonOptions.RuntimePort();
        var consolePort = CommonOptions.ConsolePort();
        var command = new Command("demo", "Show everything on this machine: simulate, learn, score, alert")
        {
            once,
            prometheus,
            window,
            seed,
            data,
            resources,
            runtimePort,
            consolePort,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                new DemoRun(
                    new(
                        parsed.GetValue(once),
                        parsed.GetValue(prometheus),
                        parsed.GetValue(window)!,
                        parsed.GetValue(seed),
                        parsed.GetValue(data)!,
                        parsed.GetValue(resources)!,
                        parsed.GetValue(runtimePort),
                        parsed.GetValue(consolePort)
                    ),
                    TimeProvider.System
                ).RunAsync(cancellationToken)
        );
        return command;
    }
}

/// <param name="Once">Unattended: inject one fault, assert its messages, stop.</param>
/// <param name="Prometheus">Null simulates a cluster.</param>
/// <param name="Window">Training window.</param>
public sealed record DemoOptions(
    bool Once,
    Uri? Prometheus,
    string Window,
    int Seed,
    string DataDirectory,
    string ResourcesPath,
    int RuntimePort,
    int ConsolePort
);
