using System.Diagnostics;

namespace Dapr.Anomaly.Campaigns.Tests.Processes;

/// <summary>Where the built programs are and how they are started, without a build and without a shell in between, so that a kill hits them.</summary>
internal static class Programs
{
    private static readonly string Configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!;

    /// <summary>anomaly daprd, as ./anomaly starts it.</summary>
    public static ProcessStartInfo Runtime(string home, params ReadOnlySpan<string> flags) =>
        Dotnet($"cli/bin/{Configuration}/net10.0/anomaly.dll", ["daprd", .. flags], ("DAPR_EMBEDDED_HOME", home));

    public static ProcessStartInfo App(params string[] arguments) => Dotnet($"tests/KillableApps/bin/{Configuration}/net10.0/KillableApps.dll", arguments);

    private static ProcessStartInfo Dotnet(string program, string[] arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../..", program)), .. arguments])
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
