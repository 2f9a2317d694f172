using System.Security.Cryptography;
using Tests.Support;

namespace Dapr.Anomaly.EndToEnd.Tests.Support;

/// <summary>A copy of samples/javascript with its packages, installed by npm once for each content of its lock file.</summary>
internal static class JavaScriptSamples
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "javascript");

    /// <summary>Skips the test where there is no Node, or where npm cannot reach its registry; with ANOMALY_REQUIRE_REAL=1 fails it.</summary>
    public static async Task RequireAsync()
    {
        RealServer.Require("node", "npm");
        var digest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"))));
        var installed = Path.Combine(Folder, "node_modules", ".lock-digest");
        if (File.Exists(installed) && await File.ReadAllTextAsync(installed) == digest)
            return;
        var (code, output) = await RunAsync("npm", [], TimeSpan.FromMinutes(5), "ci", "--no-progress");
        if (code != 0)
            RealServer.Missed($"npm ci in samples/javascript ended with {code}: {output}");
        await File.WriteAllTextAsync(installed, digest);
    }

    public static ServiceProcess Start(string script, Dictionary<string, string> settings, params string[] arguments) =>
        ServiceProcess.StartProgram("node", Folder, settings, [script, .. arguments]);

    /// <summary>Runs a script to its end.</summary>
    public static Task<(int Code, string Output)> RunAsync(string script, Dictionary<string, string> settings, params string[] arguments) =>
        RunAsync("node", settings, TimeSpan.FromMinutes(5), [script, .. arguments]);

    private static async Task<(int Code, string Output)> RunAsync(
        string program,
        Dictionary<string, string> settings,
        TimeSpan patience,
        params string[] arguments
    )
    {
        using var process = ServiceProcess.StartProgram(program, Folder, settings, arguments);
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {patience}: {process.Output}");
        }
        return (process.ExitCode, process.Output);
    }
}
