using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>The process of one app of a run file, once it is up.</summary>
internal sealed class AppProcess : IRunningPart
{
    /// <summary>An app without a port is up when it has lived so long.</summary>
    private static readonly TimeSpan UpAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly ChildProcess _process;

    private AppProcess(ChildProcess process)
    {
        _process = process;
        Ended = EndAsync();
    }

    /// <summary>Null when it ended with exit code 0: an app may do its work and leave.</summary>
    public Task<string?> Ended { get; }

    /// <summary>
    /// Starts the command and returns when the app accepts connections on its port (without a port: when it has lived for five seconds, or is
    /// done).
    /// </summary>
    /// <exception cref="EmbeddedDaprException">The command cannot be started.</exception>
    /// <exception cref="UserException">The app failed before it was up.</exception>
    public static async Task<AppProcess> StartAsync(
        RunFileApp app,
        Sidecar sidecar,
        AppLog log,
        ProcessGuard guard,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var process = Launch(app, sidecar, log, guard);
        try
        {
            if (app.Sidecar.AppPort is { } port)
                await WaitUntilUpAsync(process, app.Sidecar.AppChannelAddress, port, time, cancellationToken);
            else
                await Task.WhenAny(process.Ended, Task.Delay(UpAfter, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return process.HasExited && process.ExitCode != 0 ? throw new UserException(await process.Ended, ExitCodes.Failure) : new(process);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<string?> EndAsync()
    {
        var how = await _process.Ended;
        return _process.ExitCode == 0 ? null : how;
    }

    private static ChildProcess Launch(RunFileApp app, Sidecar sidecar, AppLog log, ProcessGuard guard)
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
            return ChildProcess.Start(start, log.Write, guard);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new EmbeddedDaprException(
                $"app {app.Sidecar.AppId}: command \"{app.Command[0]}\" cannot be started in {app.Directory}: {error.Message}",
                error
            );
        }
    }

    private static async Task WaitUntilUpAsync(ChildProcess process, string host, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        while (!process.HasExited)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(host, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.WhenAny(process.Ended, Task.Delay(Poll, time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
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
        // By environment: a command line can be read by every user of the machine.
        if (app.Sidecar.ApiToken is { Length: > 0 } apiToken)
            given["DAPR_API_TOKEN"] = apiToken;
        if (app.Sidecar.AppApiToken is { Length: > 0 } appToken)
            given["APP_API_TOKEN"] = appToken;
        if (app.Sidecar.AppPort is { } port)
            given["APP_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        return given;
    }
}
