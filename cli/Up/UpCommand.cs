using System.CommandLine;
using Dapr.Anomaly.Cli.Daprd;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>anomaly up: the whole system on this machine, learning from a Prometheus, until Ctrl-C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var config = new Option<string?>("--config")
        {
            Description = "Configuration file; anomaly.yaml when there is one and --prometheus is not given",
        };
        var prometheus = CommonOptions.Prometheus();
        var data = CommonOptions.Data();
        var resources = CommonOptions.Resources();
        var runtimePort = CommonOptions.RuntimePort();
        var consolePort = CommonOptions.ConsolePort();
        var processes = new Option<bool>("--processes") { Description = "One process for each service, as dapr.yaml of the working directory says" };
        var command = new Command("up", "Start everything on this machine and learn from a Prometheus")
        {
            config,
            prometheus,
            data,
            resources,
            runtimePort,
            consolePort,
            processes,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                var file = parsed.GetValue(config) ?? (parsed.GetValue(prometheus) is null && File.Exists("anomaly.yaml") ? "anomaly.yaml" : null);
                AnomalySystemOptions options = new(
                    file,
                    parsed.GetValue(prometheus),
                    parsed.GetValue(data)!,
                    parsed.GetValue(resources)!,
                    parsed.GetValue(runtimePort),
                    parsed.GetValue(consolePort),
                    new Dictionary<string, IReadOnlyDictionary<string, string>>(),
                    new Dictionary<string, string>()
                );
                return parsed.GetValue(processes) ? RunProcessesAsync(options, cancellationToken) : RunAsync(options, cancellationToken);
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(AnomalySystemOptions options, CancellationToken cancellationToken)
    {
        var configuration = ConfigurationServices.Load(options.ConfigurationPath, options.PrometheusUrl?.ToString());
        await CheckAsync(configuration, options.ResourcesPath, cancellationToken);
        DataDirectory.Prepare(options).CheckReceivers(configuration.Alerts);
        var screen = new Screen(AnsiConsole.Console);
        screen.Title($"{ProductVersion.Title} · embedded Dapr");
        await using var system = await AnomalySystem.StartAsync(options, cancellationToken);
        try
        {
            await WatchAsync(system, configuration.Reader.Prometheus.Url, screen, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C, the one thing that ends a system that has started.
        }
        screen.Plain("stopping: windows are saved, running trainings go on at the next start");
        return ExitCodes.Success;
    }

    private static async Task WatchAsync(AnomalySystem system, Uri source, Screen screen, CancellationToken cancellationToken)
    {
        var watch = new SystemWatch(system.Sidecar(Apps.Trainer).HttpEndpoint, system.ApiToken, screen, TimeProvider.System);
        await watch.IntroduceAsync(system, source, simulator: null, cancellationToken);
        if (await LearnAsync(watch, screen, cancellationToken))
            await watch.WaitUntilScoredAsync(cancellationToken);
        watch.SayWhere(system);
        screen.Plain("Ctrl-C stops; what is learnt stays.");
        await Task.WhenAll(watch.FollowIncidentsAsync(cancellationToken), watch.FollowHealthAsync(cancellationToken));
    }

    /// <summary>A training that fails ends nothing: samples are collected all the same, and it can be started again.</summary>
    /// <returns>Whether there is a model.</returns>
    private static async Task<bool> LearnAsync(SystemWatch watch, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            if (await watch.FindUnfinishedTrainingAsync(cancellationToken) is { } unfinished)
                await watch.FollowTrainingAsync(unfinished, cancellationToken);
            else if (!await watch.HasModelAsync(cancellationToken))
                await watch.TrainAsync(new(), cancellationToken);
            return true;
        }
        catch (UserException e)
        {
            screen.Failing("training", e.Message);
            screen.Plain("             samples are collected all the same; train again with: anomaly train --follow");
            return false;
        }
    }

    /// <summary>The run file's apps inherit this process's environment; the components are used where they are.</summary>
    private static async Task<int> RunProcessesAsync(AnomalySystemOptions options, CancellationToken cancellationToken)
    {
        var configuration = ConfigurationServices.Load(options.ConfigurationPath, options.PrometheusUrl?.ToString());
        await CheckAsync(configuration, options.ResourcesPath, cancellationToken);
        var data = DataDirectory.Prepare(options);
        data.CheckReceivers(configuration.Alerts);
        Environment.SetEnvironmentVariable(ConfigurationServices.FileKey, options.ConfigurationPath);
        Environment.SetEnvironmentVariable(ConfigurationServices.UrlKey, options.PrometheusUrl?.ToString());
        var apps = new ProcessApps(SystemTokens.Create(Environment.GetEnvironmentVariable), Environment.GetEnvironmentVariable);
        return await DaprRunCommand.RunAsync(
            "dapr.yaml",
            allOrNone: true,
            apps.Guard,
            dapr =>
            {
                if (apps.SessionOf(dapr) is { } session)
                    session.Write(data);
            },
            cancellationToken
        );
    }

    /// <summary>
    /// Refuses to start with a route that has no binding, without the server, or with a query that it does not answer over a range.
    /// </summary>
    private static Task CheckAsync(AnomalyConfiguration configuration, string components, CancellationToken cancellationToken) =>
        StartCheck.RunAsync(configuration, components, TimeProvider.System, cancellationToken);
}
