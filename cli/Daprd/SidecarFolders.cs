using Dapr.Embedded;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>Where the sidecars of this user keep what they share and what must survive: ~/.dapr/embedded, or DAPR_EMBEDDED_HOME.</summary>
internal static class SidecarFolders
{
    public static string Home => Environment.GetEnvironmentVariable("DAPR_EMBEDDED_HOME") is { Length: > 0 } home
        ? home
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "embedded");

    /// <summary>One sidecar with a data folder of its own below the home.</summary>
    public static EmbeddedDaprOptions Options(SidecarOptions sidecar, ILoggerFactory logs) => new()
    {
        Sidecars = [sidecar],
        NamesDirectory = Home,
        DataDirectory = Path.Combine(Home, "apps", sidecar.AppId),
        LoggerFactory = logs,
    };
}
