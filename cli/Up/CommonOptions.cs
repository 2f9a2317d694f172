using System.CommandLine;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>Options that more than one command has.</summary>
internal static class CommonOptions
{
    public static Option<Uri?> Prometheus() =>
        Url("--prometheus", "Prometheus, Thanos, Mimir or VictoriaMetrics to learn from", "http://prometheus:9090");

    public static Option<Uri?> Runtime() =>
        Url("--runtime", "Dapr HTTP endpoint of the trainer; found by itself for a system on this machine", "http://127.0.0.1:3500");

    public static Option<string> Data() =>
        new("--data") { Description = "Folder for state, queues, workflows and models", DefaultValueFactory = _ => DataDirectory.Default };

    /// <summary>For commands that talk to a system that runs.</summary>
    public static Option<string> RunningData() =>
        new("--data")
        {
            Description = "Folder of the running system; that of anomaly up, or of the demo when only that runs",
            DefaultValueFactory = _ =>
                Session.IsRunning(DataDirectory.Default) || !Session.IsRunning(DataDirectory.Demo) ? DataDirectory.Default : DataDirectory.Demo,
        };

    public static Option<string> Resources() =>
        new("--resources-path") { Description = "Folder of the Dapr components", DefaultValueFactory = _ => DefaultResources() };

    public static Option<int> RuntimePort() =>
        new("--runtime-port")
        {
            Description = "Dapr HTTP port of the trainer, where workflows are started (0: any)",
            DefaultValueFactory = _ => 3500,
        };

    public static Option<int> ConsolePort() =>
        new("--console-port") { Description = "Port of the console (0: any)", DefaultValueFactory = _ => 8080 };

    private static string DefaultResources()
    {
        var here = Path.Combine("components", "local");
        return Directory.Exists(here) ? here : Path.Combine(AppContext.BaseDirectory, "components", "local");
    }

    private static Option<Uri?> Url(string name, string description, string example) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                    return url;
                result.AddError($"{name}: \"{result.Tokens[0].Value}\" is not an http or https URL, for example {example}");
                return null;
            },
        };
}
