using System.CommandLine;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>anomaly dapr run -f: the apps of a multi-app run file, each with an embedded sidecar; the sidecars share one process, so in-memory brokers reach all of them.</summary>
internal static class DaprRunCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--run-file", "-f") { Description = "The run file, or the folder of a dapr.yaml", Required = true };
        var run = new Command("run", "Start the apps of a dapr.yaml with an embedded sidecar each, until Ctrl+C") { file };
        run.SetAction((result, cancellationToken) => RunAsync(result.GetRequiredValue(file), cancellationToken));
        return new Command("dapr", "Run apps with embedded Dapr") { run };
    }

    internal static async Task<int> RunAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var file = RunFile.Read(path, Environment.GetEnvironmentVariable);
            return await RunAsync(file, cancellationToken);
        }
        catch (EmbeddedDaprException error)
        {
            await System.Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.BadConfiguration;
        }
    }

    private static async Task<int> RunAsync(RunFile file, CancellationToken cancellationToken)
    {
        using var logs = new SidecarLogs(file);
        await using var dapr = await EmbeddedDapr.StartAsync(SidecarFolders.Options(file, logs), cancellationToken);
        var apps = new List<AppProcess>();
        int[] codes;
        try
        {
            foreach (var app in file.Apps)
                await StartAsync(dapr, app, apps, cancellationToken);
            await Task.WhenAll(apps.Select(app => FollowAsync(app, cancellationToken)));
            if (apps.Count == 0)
                await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            System.Console.WriteLine("== stopping the apps");
        }
        finally
        {
            codes = await Task.WhenAll(apps.Select(app => app.StopAsync()));
        }
        return cancellationToken.IsCancellationRequested || codes.All(code => code == 0) ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static async Task FollowAsync(AppProcess app, CancellationToken cancellationToken)
    {
        var code = await app.ExitedAsync(cancellationToken);
        System.Console.WriteLine($"== {app.AppId}: the app ended with exit code {code}; the others go on");
    }

    private static async Task StartAsync(EmbeddedDapr dapr, RunFileApp app, List<AppProcess> apps, CancellationToken cancellationToken)
    {
        var sidecar = await dapr.AddSidecarAsync(app.Sidecar, cancellationToken);
        System.Console.WriteLine($"== {app.Sidecar.AppId}: sidecar on HTTP port {sidecar.HttpPort}, gRPC port {sidecar.GrpcPort}");
        if (app.Command.Count > 0)
            apps.Add(AppProcess.Start(app, sidecar));
    }
}
