using System.Diagnostics;
using System.Globalization;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>The process of one app of a run file, with its output on the console and in a file as the run file wants it.</summary>
internal sealed class AppProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Process process;
    private readonly Task output;

    private AppProcess(string appId, Process process, Task output) => (AppId, this.process, this.output) = (appId, process, output);

    public string AppId { get; }

    /// <exception cref="EmbeddedDaprException">The command cannot be started.</exception>
    public static AppProcess Start(RunFileApp app, Sidecar sidecar)
    {
        var start = new ProcessStartInfo(Program(app), app.Command.Skip(1))
        {
            WorkingDirectory = app.Directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in app.Environment.Concat(Given(app, sidecar)))
            start.Environment[name] = value;
        try
        {
            var process = Process.Start(start)!;
            var log = new AppLog(app);
            return new AppProcess(
                sidecar.AppId,
                process,
                Task.WhenAll(log.CopyAsync(process.StandardOutput), log.CopyAsync(process.StandardError))
                    .ContinueWith(_ => log.Dispose(), TaskScheduler.Default)
            );
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new EmbeddedDaprException(
                $"app {app.Sidecar.AppId}: command \"{app.Command[0]}\" cannot be started in {app.Directory}: {error.Message}",
                error
            );
        }
    }

    /// <summary>Waits until the app ends by itself; its exit code.</summary>
    public async Task<int> ExitedAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        await output;
        return process.ExitCode;
    }

    /// <summary>Asks the app to end, and ends it with all its children when it does not; its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            Terminate();
            using var limit = new CancellationTokenSource(Patience);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
        var code = process.ExitCode;
        process.Dispose();
        return code;
    }

    private void Terminate()
    {
        if (OperatingSystem.IsWindows())
        {
            process.Kill(entireProcessTree: true);
            return;
        }
        // It may end by itself in between (Ctrl+C reaches the whole terminal); kill then only complains.
        var start = new ProcessStartInfo("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true };
        using var kill = Process.Start(start)!;
        kill.WaitForExit();
    }

    /// <summary>A relative path to a program is relative to the app's folder.</summary>
    private static string Program(RunFileApp app) =>
        app.Command[0].Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(app.Command[0], app.Directory) : app.Command[0];

    private static Dictionary<string, string> Given(RunFileApp app, Sidecar sidecar)
    {
        var given = new Dictionary<string, string>
        {
            ["APP_ID"] = sidecar.AppId,
            ["APP_PROTOCOL"] = app.Sidecar.AppProtocol.ToString().ToLowerInvariant(),
            ["APP_CHANNEL_ADDRESS"] = app.Sidecar.AppChannelAddress,
            ["DAPR_HTTP_PORT"] = sidecar.HttpPort.ToString(CultureInfo.InvariantCulture),
            ["DAPR_GRPC_PORT"] = sidecar.GrpcPort.ToString(CultureInfo.InvariantCulture),
        };
        if (app.Sidecar.AppPort is { } port)
            given["APP_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        return given;
    }
}
