using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>Logs as files in the data directory, one for each service and one for the runtime, so that the terminal stays for what matters.</summary>
public static class SystemLog
{
    public static string FolderIn(string dataDirectory) => Path.Combine(dataDirectory, "logs");

    public static string FileOf(string dataDirectory, string name) => Path.Combine(FolderIn(dataDirectory), $"{name}.log");

    public static ILoggerFactory CreateForRuntime(string dataDirectory)
    {
        var provider = LogFile.Open(FileOf(dataDirectory, "dapr"));
        return LoggerFactory.Create(logging =>
            logging.AddProvider(provider).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning)
        );
    }
}
