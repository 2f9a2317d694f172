using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dapr.Anomaly.Campaigns.Tests.Processes;

/// <summary>
/// Where the built programs are and how they are started, without a build and without a shell in between, so that a kill hits them.
/// </summary>
internal static class Programs
{
    private static readonly string Configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!;

    /// <summary>anomaly daprd, as ./anomaly starts it.</summary>
    public static ProcessStartInfo Runtime(string home, params ReadOnlySpan<string> flags) =>
        Dotnet($"cli/bin/{Configuration}/net10.0/anomaly.dll", ["daprd", .. flags], ("DAPR_EMBEDDED_HOME", home));

    public static ProcessStartInfo App(params string[] arguments) =>
        Dotnet($"tests/KillableApps/bin/{Configuration}/net10.0/KillableApps.dll", arguments);

    /// <summary>
    /// Free ports below those that systems give to outgoing connections: one of theirs could be taken by anybody while its process is dead.
    /// </summary>
    public static int[] LastingPorts(int count)
    {
        var listeners = new List<TcpListener>();
        for (var port = 20_000 + (Environment.ProcessId % 10_000); listeners.Count < count; port++)
        {
            var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                listeners.Add(listener);
            }
            catch (SocketException)
            {
                listener.Dispose();
            }
        }
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private static ProcessStartInfo Dotnet(string program, string[] arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            ["exec", Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../..", program)), .. arguments]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }
}
