using System.CommandLine;
using System.CommandLine.Parsing;
using Dapr.Anomaly.Cli.Backtest;
using Dapr.Anomaly.Cli.Bench;
using Dapr.Anomaly.Cli.Daprd;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Doctor;
using Dapr.Anomaly.Cli.Evaluate;
using Dapr.Anomaly.Cli.Simulate;
using Dapr.Anomaly.Cli.Train;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Embedded;

namespace Dapr.Anomaly.Cli;

/// <summary>All commands, and how a failure is told: one line on standard error and an exit code; the stack trace only with --verbose.</summary>
public static class CommandLine
{
    /// <summary>Sidecars drain for up to five seconds, checkpoints are written.</summary>
    private static readonly TimeSpan GracefulStop = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(string[] args)
    {
        // Some twenty web applications live in one process, and each would watch for an appsettings.json that nobody has, with a thread of its own.
        foreach (var prefix in (string[])["DOTNET_", "ASPNETCORE_"])
            Environment.SetEnvironmentVariable($"{prefix}hostBuilder__reloadConfigOnChange", "false");
        var verbose = new Option<bool>("--verbose") { Description = "Show details and stack traces", Recursive = true };
        var root = new RootCommand("ML anomaly detection for Kubernetes on Dapr") { verbose };
        root.Subcommands.Add(UpCommand.Create());
        root.Subcommands.Add(DemoCommand.Create());
        root.Subcommands.Add(DemoCpuCommand.Create());
        root.Subcommands.Add(TrainCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(BacktestCommand.Create());
        root.Subcommands.Add(BenchCommand.Create());
        root.Subcommands.Add(EvaluateCommand.Create());
        root.Subcommands.Add(SimulateCommand.Create());
        root.Subcommands.Add(DaprdCommand.Create());
        root.Subcommands.Add(DaprRunCommand.Create());
        root.Subcommands.Add(ServiceCommand.Create());

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && args.Length > 0)
        {
            foreach (var error in parsed.Errors)
                await System.Console.Error.WriteLineAsync(error.Message);
            await System.Console.Error.WriteLineAsync($"try: {PathOf(parsed.CommandResult)} --help");
            return ExitCodes.BadConfiguration;
        }
        try
        {
            var code = await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = GracefulStop }
            );
            return parsed.Errors.Count > 0 ? ExitCodes.BadConfiguration : code;
        }
        catch (Exception e) when (ExitCodeOf(e) is { } failure && !parsed.GetValue(verbose))
        {
            await System.Console.Error.WriteLineAsync(e.Message);
            return failure;
        }
    }

    /// <summary>The command with those above it, as it is typed.</summary>
    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "anomaly";

    /// <summary>Null for what is not the user's to set right.</summary>
    private static int? ExitCodeOf(Exception e) =>
        e switch
        {
            UserException user => user.ExitCode,
            ConfigurationException => ExitCodes.BadConfiguration,
            PrometheusException { Failure: PrometheusFailure.BadQuery } => ExitCodes.BadConfiguration,
            PrometheusException => ExitCodes.DependencyDown,
            EmbeddedDaprException => ExitCodes.Failure,
            OperationCanceledException => ExitCodes.Failure,
            _ => null,
        };
}
