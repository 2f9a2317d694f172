using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Cli.Processes;

/// <summary>Starts this program again with other arguments: as a single file, with <c>dotnet anomaly.dll</c>, or inside a host of tests.</summary>
internal static class SelfCommand
{
    /// <summary>The program and its arguments; standard streams are redirected, so that they end when this process ends.</summary>
    /// <param name="background">Unix: at the lowest CPU priority from the first instruction on, so that every thread has it.</param>
    public static ProcessStartInfo Create(IEnumerable<string> arguments, bool background)
    {
        string[] command = [.. Program(), .. arguments];
        if (background && !OperatingSystem.IsWindows() && File.Exists(Nice))
            command = [Nice, "-n", "19", .. command];
        return new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private const string Nice = "/usr/bin/nice";

    private static IEnumerable<string> Program()
    {
        var program = typeof(SelfCommand).Assembly.Location;
        if (program.Length == 0)
            return [Environment.ProcessPath!];
        // The entry assembly may be another program that uses this one as a library; its configuration then knows where all assemblies are.
        var entry = Path.ChangeExtension(Assembly.GetEntryAssembly()!.Location, null);
        return [DotNet(), "exec", "--runtimeconfig", $"{entry}.runtimeconfig.json", "--depsfile", $"{entry}.deps.json", program];
    }

    /// <summary>The host that belongs to the runtime that runs now.</summary>
    private static string DotNet() =>
        Path.GetFullPath(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet")
        );
}
