using Dapr.Anomaly.Cli.Daprd;

namespace Dapr.Anomaly.Cli.Tests.Daprd;

public sealed class DaprRunCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dapr-run-").FullName;

    public DaprRunCommandTests() => Environment.SetEnvironmentVariable("DAPR_EMBEDDED_HOME", Path.Combine(folder, "home"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("DAPR_EMBEDDED_HOME", null);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Run_AppThatEnds_HadItsEnvironmentItsFolderAndALog()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the app is a shell script");
        Write("""["sh", "-c", "echo $APP_ID $MINE $APP_PORT $(basename $PWD); test -n \"$DAPR_HTTP_PORT\" -a -n \"$DAPR_GRPC_PORT\""]""");
        Assert.Equal(ExitCodes.Success, await DaprRunCommand.RunAsync(folder, allOrNone: false, Token));
        var log = Assert.Single(Directory.GetFiles(Path.Combine(folder, "orders", ".dapr", "logs"), "shop_app_*.log"));
        Assert.Equal("shop given 8080 orders\n", await File.ReadAllTextAsync(log, Token));
        Assert.Single(Directory.GetFiles(Path.Combine(folder, "orders", ".dapr", "logs"), "shop_daprd_*.log"));
    }

    [Fact]
    public async Task Run_AppThatFails_IsAFailure()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the app is a shell script");
        Write("""["sh", "-c", "exit 3"]""");
        Assert.Equal(ExitCodes.Failure, await DaprRunCommand.RunAsync(folder, allOrNone: false, Token));
    }

    [Fact]
    public void NamesWhereWritable_FolderThatCanAndCannotBeMade_IsTheHomeOrNone()
    {
        Assert.Equal(Path.Combine(folder, "home"), SidecarFolders.NamesWhereWritable());
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "home")));
        File.WriteAllText(Path.Combine(folder, "file"), "");
        Environment.SetEnvironmentVariable("DAPR_EMBEDDED_HOME", Path.Combine(folder, "file", "home"));
        Assert.Null(SidecarFolders.NamesWhereWritable());
    }

    [Fact]
    public async Task Run_Cancelled_EndsTheApps()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the app is a shell script");
        Write("""["sh", "-c", "touch up; trap 'touch down; exit 0' TERM; while true; do sleep 0.05; done"]""");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = DaprRunCommand.RunAsync(folder, allOrNone: false, stop.Token);
        while (!File.Exists(Path.Combine(folder, "orders", "up")) && !running.IsCompleted)
            await Task.Delay(20, Token);
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Success, await running.WaitAsync(TimeSpan.FromSeconds(60), Token));
        Assert.True(File.Exists(Path.Combine(folder, "orders", "down")));
    }

    [Theory]
    [InlineData("""["no-such-program-anywhere"]""")]
    [InlineData("[\"./missing.sh\"]")]
    public async Task Run_CommandThatCannotBeStarted_IsBadConfiguration(string command)
    {
        Write(command);
        Assert.Equal(ExitCodes.BadConfiguration, await DaprRunCommand.RunAsync(folder, allOrNone: false, Token));
    }

    private void Write(string command)
    {
        Directory.CreateDirectory(Path.Combine(folder, "orders", ".dapr", "resources"));
        File.WriteAllText(Path.Combine(folder, "orders", ".dapr", "config.yaml"), "kind: Configuration\n");
        File.WriteAllText(
            Path.Combine(folder, "dapr.yaml"),
            $$"""
            version: 1
            apps:
              - appID: shop
                appDirPath: orders
                appPort: 8080
                env: {MINE: given}
                appLogDestination: file
                command: {{command}}
            """
        );
    }
}
