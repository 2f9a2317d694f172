using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>The log of a sidecar: one line an entry on standard output, text or JSON.</summary>
internal static class SidecarLog
{
    public static ILoggerFactory Create(DaprdFlags flags) =>
        LoggerFactory.Create(logging =>
        {
            Configure(logging, flags.LogLevel);
            if (flags.LogAsJson)
                logging.AddJsonConsole();
            else
                AddLines(logging);
        });

    public static void Configure(ILoggingBuilder logging, string level)
    {
        logging.SetMinimumLevel(Level(level));
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Warning);
        // A host that cannot start throws what it logs, and whoever catches it says it once.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
    }

    public static void AddLines(ILoggingBuilder logging) =>
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz ";
        });

    private static LogLevel Level(string word) =>
        word.ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "warn" or "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "fatal" or "panic" => LogLevel.Critical,
            _ => LogLevel.Information,
        };
}
