using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace EmbeddedDapr.Tests.Daprd;

public sealed class RunFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("run-file-").FullName;

    public RunFileTests() => Directory.CreateDirectory(Path.Combine(folder, "orders"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Read_AppOverCommon_PathsRelativeToTheirOwner()
    {
        var file = Read(
            """
            version: 1
            common:
              resourcesPaths: [./shared]
              logLevel: warn
              env: { A: common, B: common }
            apps:
              - appID: one
                appDirPath: ./orders
                appPort: 8080
                appProtocol: grpc
                resourcesPath: own
                command: ["dotnet", "run"]
                env: { B: app, N: 3 }
              - appDirPath: orders
                logLevel: debug
                appLogDestination: console
            """
        );
        var (one, two) = (file.Apps[0], file.Apps[1]);
        Assert.Equal([Path.Combine(folder, "shared"), Path.Combine(folder, "orders", "own")], one.Sidecar.ResourcesPaths);
        Assert.Equal((AppProtocol.Grpc, 8080, "warn"), (one.Sidecar.AppProtocol, one.Sidecar.AppPort, one.LogLevel));
        Assert.Equal(["dotnet", "run"], one.Command);
        Assert.Equal(
            [("A", "common"), ("B", "app"), ("N", "3")],
            one.Environment.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value))
        );
        Assert.Equal(("orders", "debug", LogDestination.Console), (two.Sidecar.AppId, two.LogLevel, two.AppLog));
    }

    [Fact]
    public void Read_NoResources_TakesDaprsFolderBelowTheApp()
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, "orders", ".dapr", "resources")).FullName;
        File.WriteAllText(Path.Combine(folder, "orders", ".dapr", "config.yaml"), "kind: Configuration");
        var app = Read("version: 1\napps:\n- appDirPath: orders").Apps[0];
        Assert.Equal([own], app.Sidecar.ResourcesPaths);
        Assert.Equal([Path.Combine(folder, "orders", ".dapr", "config.yaml")], app.Sidecar.ConfigPaths);
    }

    [Theory]
    [InlineData("apps: []", "version is missing, expected 1")]
    [InlineData("version: 2", "version is 2, expected 1")]
    [InlineData("version: 1\napps: []", "apps is empty")]
    [InlineData("version: 1\napps:\n- appID: a", "an app has no appDirPath")]
    [InlineData("version: 1\napps:\n- appDirPath: nowhere", "there is no such folder")]
    [InlineData("version: 1\napps:\n- appDirPath: orders\n  appPort: http", "app orders: appPort is \"http\", expected a whole number")]
    [InlineData("version: 1\napps:\n- appDirPath: orders\n- appDirPath: orders", "appID orders is there twice")]
    [InlineData("version: 1\napps: [", "not YAML at line")]
    public void Read_WhatCannotBeUsed_IsNamed(string text, string message) =>
        Assert.Contains(message, Assert.Throws<EmbeddedDaprException>(() => Read(text)).Message);

    private RunFile Read(string text)
    {
        File.WriteAllText(Path.Combine(folder, "dapr.yaml"), text);
        return RunFile.Read(folder, _ => null);
    }
}
