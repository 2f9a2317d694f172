using System.Globalization;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// A log as a file that rotates: <c>name.log</c>, then <c>name_001.log</c> and so on. A line that cannot be written, as on a full disk, is lost
/// without a word to whoever logged it; the next one is tried again.
/// </summary>
public static class LogFile
{
    /// <summary>A file that has reached this size is followed by the next one.</summary>
    public const long MaxBytes = 10 * 1024 * 1024;

    /// <summary>Older files are deleted.</summary>
    public const int MaxFiles = 5;

    private const string Line = "{UtcTimestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level,-11} {SourceContext}: {Message:lj}{NewLine}{Exception}";

    /// <summary>Appends to the file; the folder is made.</summary>
    public static ILoggerProvider Open(string path) => Open(path, MaxBytes);

    internal static ILoggerProvider Open(string path, long maxBytes) =>
        new SerilogLoggerProvider(
            new LoggerConfiguration()
                .WriteTo.File(
                    path,
                    outputTemplate: Line,
                    formatProvider: CultureInfo.InvariantCulture,
                    fileSizeLimitBytes: maxBytes,
                    rollOnFileSizeLimit: true,
                    retainedFileCountLimit: MaxFiles
                )
                .CreateLogger(),
            dispose: true
        );
}
