using System.CommandLine;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Doctor;

/// <summary><c>anomaly doctor</c>: what a server has and what watching it will cost; starts nothing.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var prometheus = new Option<string?>("--prometheus") { Description = "address of the server, such as http://prom:9090" };
        var config = new Option<string?>("--config") { Description = "configuration file [default: anomaly.yaml when it is there]" };
        var resources = CommonOptions.Resources();
        var json = new Option<bool>("--json") { Description = "the report as JSON" };
        var command = new Command("doctor", "Say what a Prometheus has for the detector and what watching it will cost")
        {
            prometheus,
            config,
            resources,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    parsed.GetValue(prometheus),
                    parsed.GetValue(config),
                    parsed.GetValue(resources)!,
                    parsed.GetValue(json),
                    parsed.InvocationConfiguration.Output,
                    parsed.InvocationConfiguration.Error,
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        string? url,
        string? file,
        string resources,
        bool json,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellationToken
    )
    {
        var result = Configure(url, file);
        IReadOnlyList<ConfigurationError> wrong = result.IsValid ? RouteCheck.Check(result.Value.Alerts, resources) : result.Errors;
        if (!result.IsValid || wrong.Count > 0)
        {
            foreach (var error in wrong)
                await errors.WriteLineAsync(error.ToString());
            return ExitCodes.BadConfiguration;
        }
        try
        {
            var report = await ServerCheck.RunAsync(result.Value, TimeProvider.System, cancellationToken);
            if (json)
                await output.WriteLineAsync(DoctorText.ToJson(report));
            else
                DoctorText.Write(report, ConsoleFor(output));
            return report.ExitCode;
        }
        catch (PrometheusException e)
        {
            await errors.WriteLineAsync(e.Message);
            return e.IsTransient ? ExitCodes.DependencyDown
                : e.Failure is PrometheusFailure.Unauthorized or PrometheusFailure.NotPrometheus ? ExitCodes.BadConfiguration
                : ExitCodes.Failure;
        }
    }

    private static ConfigurationResult Configure(string? url, string? file)
    {
        if (url is null)
            return AnomalyConfiguration.Load(file ?? "anomaly.yaml");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return new(null, [new ConfigurationError(new("--prometheus"), $"\"{url}\" is not an address; write http://host:9090")]);
        if (file is null)
            return new(AnomalyConfiguration.ForUrl(address), []);
        var loaded = AnomalyConfiguration.Load(file);
        return loaded.IsValid
            ? loaded with
            {
                Value = loaded.Value with
                {
                    Reader = loaded.Value.Reader with { Prometheus = loaded.Value.Reader.Prometheus with { Url = address } },
                },
            }
            : loaded;
    }

    private static IAnsiConsole ConsoleFor(TextWriter output)
    {
        var target = new AnsiConsoleOutput(output);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = target, Ansi = target.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No });
        if (!target.IsTerminal)
            console.Profile.Width = 10_000;
        return console;
    }
}
