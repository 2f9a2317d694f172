using System.Diagnostics;
using System.Globalization;

namespace Dapr.Anomaly.Cli.Tests.Processes;

/// <summary>Children end when their parent is gone, however it went.</summary>
public sealed class ParentDeathTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("parent-death-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task ChildOfThisProgram_StandardInputCloses_Ends()
    {
        using var child = Start(redirectInput: true, "bench", "pipeline-source");
        Assert.StartsWith("listening on http://127.0.0.1:", await child.StandardOutput.ReadLineAsync(Token), StringComparison.Ordinal);
        child.StandardInput.Close();
        await child.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(ExitCodes.Success, child.ExitCode);
    }

    [Fact]
    public async Task DaprRun_Killed_LeavesNoAppNorAChildOfOne()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "apps outlive a killed runtime on Windows");
        // The app ignores TERM and has a child of its own: both have to be killed.
        var (app, grandchild) = (Path.Combine(folder, "app.pid"), Path.Combine(folder, "grandchild.pid"));
        WriteRunFile(
            $"trap '' TERM; sh -c 'echo $$ > {grandchild}; while true; do sleep 0.1; done' & echo $$ > {app}; while true; do sleep 0.1; done"
        );
        using var run = Start(redirectInput: false, "dapr", "run", "-f", folder);
        await Until.TrueAsync(() => Read(app) is not null && Read(grandchild) is not null, "the app runs");
        var (first, second) = (Read(app)!.Value, Read(grandchild)!.Value);
        Assert.True(IsThere(first) && IsThere(second));

        run.Kill();

        await Until.TrueAsync(() => !IsThere(first) && !IsThere(second), "both are gone");
    }

    [Fact]
    public async Task DaprRun_AppThatWasUpIsKilled_IsStartedAgainAndTold()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the app is a shell script");
        var app = Path.Combine(folder, "app.pid");
        WriteRunFile($"echo $$ > {app}.new; mv {app}.new {app}; while true; do sleep 0.1; done");
        using var run = Start(redirectInput: false, "dapr", "run", "-f", folder);
        try
        {
            var lines = new List<string>();
            var reading = ReadAsync(run.StandardOutput, lines);
            await Until.TrueAsync(() => Read(app) is not null, "the app runs");
            var first = Read(app)!.Value;
            // Without a port an app counts as up when it has lived for five seconds.
            using var process = Process.GetProcessById(first);
            await Until.TrueAsync(() => TimeProvider.System.GetLocalNow() - process.StartTime > TimeSpan.FromSeconds(6), "the app counts as up");
            process.Kill();
            await Until.TrueAsync(() => Read(app) is { } now && now != first, "another one runs");
            lock (lines)
                Assert.Equal(
                    "== shop: the app was killed by signal 9; it is started again in 1 s",
                    Assert.Single(lines, l => l.Contains("signal", StringComparison.Ordinal))
                );
        }
        finally
        {
            run.Kill();
        }
    }

    private void WriteRunFile(string script)
    {
        File.WriteAllText(Path.Combine(folder, "app.sh"), script);
        File.WriteAllText(
            Path.Combine(folder, "dapr.yaml"),
            $"""
            version: 1
            apps:
              - appID: shop
                appDirPath: .
                appLogDestination: file
                command: ["sh", "{folder}/app.sh"]
            """
        );
    }

    private Process Start(bool redirectInput, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = redirectInput,
            RedirectStandardOutput = true,
        };
        start.Environment["DAPR_EMBEDDED_HOME"] = Path.Combine(folder, "home");
        return Process.Start(start)!;
    }

    private static async Task ReadAsync(StreamReader from, List<string> lines)
    {
        while (await from.ReadLineAsync() is { } line)
            lock (lines)
                lines.Add(line);
    }

    private static int? Read(string file) =>
        File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>A process that ended and that nobody has waited for is gone, too: where no init reaps orphans they stay so.</summary>
    private static bool IsThere(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited
                && !(OperatingSystem.IsLinux() && File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return false;
        }
    }
}
