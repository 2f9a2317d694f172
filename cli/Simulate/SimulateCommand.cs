using System.CommandLine;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Simulator;

namespace Dapr.Anomaly.Cli.Simulate;

/// <summary><c>anomaly simulate</c>.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "TCP port on 127.0.0.1; 0 takes a free one", DefaultValueFactory = static _ => 9099 };
        var seed = new Option<int>("--seed") { Description = "seed of all randomness", DefaultValueFactory = static _ => 7 };
        var workloads = new Option<int>("--workloads") { Description = "number of workloads", DefaultValueFactory = static _ => 12 };
        var history = Duration("--history", "how much history there is at once", "14d");
        var step = Duration("--step", "distance of samples", "15s");
        var faults = new Option<int>("--faults") { Description = "labelled faults spread over the history" };
        var command = new Command("simulate", "Simulate a cluster behind the Prometheus HTTP API: history at once, live data, faults on demand")
        {
            port,
            seed,
            workloads,
            history,
            step,
            faults,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    new SimulatorOptions
                    {
                        Port = parsed.GetValue(port),
                        Seed = parsed.GetValue(seed),
                        Workloads = parsed.GetValue(workloads),
                        History = parsed.GetValue(history),
                        Step = parsed.GetValue(step),
                        HistoryFaults = parsed.GetValue(faults),
                    },
                    parsed.InvocationConfiguration.Output,
                    parsed.InvocationConfiguration.Error,
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(SimulatorOptions options, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (options.Errors().ToList() is { Count: > 0 } wrong)
        {
            foreach (var error in wrong)
                await errors.WriteLineAsync($"simulate: {error}");
            return ExitCodes.BadConfiguration;
        }
        await using var app = SimulatorHost.Build(options, TimeProvider.System);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            await errors.WriteLineAsync($"simulate: cannot listen on 127.0.0.1:{options.Port}: {e.Message}");
            return ExitCodes.Failure;
        }
        var cluster = app.Services.GetRequiredService<SimulatedCluster>();
        var url = app.Urls.First();
        await output.WriteLineAsync(
            $"simulated cluster \"boutique\" ({cluster.Workloads.Count} workloads, seed {options.Seed}, "
                + $"{PromDuration.Format(options.History)} of history, every {PromDuration.Format(options.Step)})"
        );
        await output.WriteLineAsync($"prometheus API  {url}    try: curl '{url}/api/v1/query?query=up'");
        await output.WriteLineAsync(
            $"faults          curl -X POST {url}/simulator/faults -H 'content-type: application/json' "
                + $"-d '{{\"kind\":\"cpu\",\"workload\":\"checkout\",\"duration\":\"5m\"}}'"
        );
        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCodes.Success;
    }

    private static Option<TimeSpan> Duration(string name, string description, string fallback) =>
        new(name)
        {
            Description = $"{description}, such as {fallback}",
            DefaultValueFactory = _ => PromDuration.TryParse(fallback, out var value) ? value : default,
            CustomParser = result =>
            {
                if (PromDuration.TryParse(result.Tokens[0].Value, out var value))
                    return value;
                result.AddError($"{name} \"{result.Tokens[0].Value}\" is not a duration; write 15s, 5m, 24h or 14d");
                return default;
            },
        };
}
