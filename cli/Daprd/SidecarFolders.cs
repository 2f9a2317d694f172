using Dapr.Anomaly.Cli.Up;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>Where the sidecars of this user keep what they share and what must survive: ~/.dapr/embedded, or DAPR_EMBEDDED_HOME.</summary>
internal static class SidecarFolders
{
    public static string Home =>
        Environment.GetEnvironmentVariable("DAPR_EMBEDDED_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "embedded");

    /// <summary>
    /// The home as a folder of names for a system that only offers its apps to others: null, so that it starts without, where this user cannot
    /// write there (a container with a file system that is read-only).
    /// </summary>
    public static string? NamesWhereWritable()
    {
        try
        {
            PrivateFile.CreateFolder(Home);
            File.Create(Path.Combine(Home, $"writable-{Environment.ProcessId}"), 1, FileOptions.DeleteOnClose).Dispose();
            return Home;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>One sidecar with a data folder of its own below the home.</summary>
    public static EmbeddedDaprOptions Options(SidecarOptions sidecar, ILoggerFactory logs) =>
        new()
        {
            Sidecars = [sidecar],
            NamesDirectory = Home,
            DataDirectory = FreeFolder(Path.Combine(Home, "apps", sidecar.AppId)),
            LoggerFactory = logs,
        };

    /// <summary>The sidecars of a run file, which share one data folder.</summary>
    public static EmbeddedDaprOptions Options(RunFile file, ILoggerFactory logs) =>
        new()
        {
            NamesDirectory = Home,
            DataDirectory = FreeFolder(
                Path.Combine(Home, "runs", file.Name.Length > 0 ? file.Name : string.Join('-', file.Apps.Select(app => app.Sidecar.AppId)))
            ),
            LoggerFactory = logs,
        };

    /// <summary>A system with a data folder of its own, whose apps can be called by the sidecars of this user where it can write the names.</summary>
    public static EmbeddedDaprOptions Options(string dataDirectory, ILoggerFactory logs) =>
        new()
        {
            DataDirectory = dataDirectory,
            NamesDirectory = NamesWhereWritable(),
            LoggerFactory = logs,
        };

    /// <summary>The folder itself or, when another instance of the app holds it, the next one beside it.</summary>
    private static string FreeFolder(string folder)
    {
        for (var instance = 1; ; instance++)
        {
            var path = instance == 1 ? folder : $"{folder}-{instance}";
            PrivateFile.CreateFolder(path);
            try
            {
                using var probe = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return path;
            }
            catch (IOException)
            {
                // Taken; try the next.
            }
        }
    }
}
