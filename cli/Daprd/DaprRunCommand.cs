using System.CommandLine;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>
/// anomaly dapr run -f: the apps of a multi-app run file, each with an embedded sidecar; the sidecars share one process, so in-memory brokers reach
/// all of them. An app that was up and fails is started again; all apps end with this process, however it ends.
/// </summary>
internal static class DaprRunCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--run-file", "-f") { Description = "The run file, or the folder of a dapr.yaml", Required = true };
        var run = new Command("run", "Start the apps of a dapr.yaml with an embedded sidecar each, until Ctrl+C") { file };
        run.SetAction((result, cancellationToken) => RunAsync(result.GetRequiredValue(file), allOrNone: false, cancellationToken));
        return new Command("dapr", "Run apps with embedded Dapr") { run };
    }

    internal static Task<int> RunAsync(string path, bool allOrNone, CancellationToken cancellationToken) =>
        RunAsync(path, allOrNone, file => file, _ => { }, cancellationToken);

    /// <param name="allOrNone">An app that fails before it was up ends all others; otherwise they go on without it.</param>
    /// <param name="prepare">Has the last word about the apps of the file.</param>
    /// <param name="started">Called when all sidecars listen.</param>
    internal static async Task<int> RunAsync(
        string path,
        bool allOrNone,
        Func<RunFile, RunFile> prepare,
        Action<EmbeddedDapr> started,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var file = prepare(RunFile.Read(path, Environment.GetEnvironmentVariable));
            return await RunAsync(file, allOrNone, started, cancellationToken);
        }
        catch (EmbeddedDaprException error)
        {
            await System.Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.BadConfiguration;
        }
    }

    private static async Task<int> RunAsync(RunFile file, bool allOrNone, Action<EmbeddedDapr> started, CancellationToken cancellationToken)
    {
        using var logs = new SidecarLogs(file);
        await using var dapr = await EmbeddedDapr.StartAsync(SidecarFolders.Options(file, logs), cancellationToken);
        using var guard = new ProcessGuard();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var apps = new List<Task<int>>();
        try
        {
            foreach (var app in file.Apps)
            {
                var sidecar = await dapr.AddSidecarAsync(app.Sidecar, cancellationToken);
                System.Console.WriteLine($"== {app.Sidecar.AppId}: sidecar on HTTP port {sidecar.HttpPort}, gRPC port {sidecar.GrpcPort}");
                if (app.Command.Count > 0)
                    apps.Add(RunAsync(app, sidecar, guard, allOrNone, stop));
            }
            started(dapr);
            var codes = await Task.WhenAll(apps);
            if (apps.Count == 0)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return cancellationToken.IsCancellationRequested || codes.All(code => code == 0) ? ExitCodes.Success : ExitCodes.Failure;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)Task.WhenAll(apps)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs an app until it has no more to do, fails before it was up, or everything is to stop.</summary>
    private static async Task<int> RunAsync(RunFileApp app, Sidecar sidecar, ProcessGuard guard, bool allOrNone, CancellationTokenSource stop)
    {
        using var log = new AppLog(app);
        try
        {
            await using var part = await SupervisedPart.StartAsync(
                sidecar.AppId,
                async token => await AppProcess.StartAsync(app, sidecar, log, guard, TimeProvider.System, token),
                change => Tell(change, stop.Token),
                TimeProvider.System,
                stop.Token
            );
            await part.Finished.WaitAsync(stop.Token);
            System.Console.WriteLine($"== {sidecar.AppId}: the app ended with exit code 0; the others go on");
            return ExitCodes.Success;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        catch (UserException e)
        {
            System.Console.WriteLine(
                $"== {sidecar.AppId}: the app {e.Message}; {(allOrNone ? "it is needed: stopping the others" : "the others go on")}"
            );
            if (allOrNone)
                await stop.CancelAsync();
            return ExitCodes.Failure;
        }
        catch (EmbeddedDaprException)
        {
            await stop.CancelAsync();
            throw;
        }
    }

    /// <summary>Ctrl+C reaches the apps, too: that they end then is no news.</summary>
    private static void Tell(PartChange change, CancellationToken stopping)
    {
        if (!stopping.IsCancellationRequested)
            System.Console.WriteLine($"== {change.Part}: the app {change.Text}");
    }
}
