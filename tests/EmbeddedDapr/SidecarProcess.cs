using System.Diagnostics;
using System.Globalization;

namespace EmbeddedDapr.Tests;

/// <summary>A sidecar in a process of its own (tests/KillableSidecar), to be killed; its first line of output is its two ports.</summary>
internal static class SidecarProcess
{
    /// <param name="more">Names folder and API token, where wanted.</param>
    public static Process Start(int appPort, string resources, string data, params string[] more)
    {
        var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!;
        var program = Path.GetFullPath(
            Path.Combine(AppContext.BaseDirectory, "../../../../KillableSidecar/bin", configuration, "net10.0/KillableSidecar.dll")
        );
        return Process.Start(
            new ProcessStartInfo("dotnet", [program, "shop", appPort.ToString(CultureInfo.InvariantCulture), resources, data, .. more])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
    }
}
