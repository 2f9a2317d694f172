using Dapr.Anomaly.Cli.Train;
using Dapr.Anomaly.Cli.Up;

namespace Dapr.Anomaly.Cli.Tests.Up;

/// <summary>How a command finds the token of the system that it talks to.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("session-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("http://127.0.0.1:3500", "t")]
    [InlineData("http://localhost:3500", "t")]
    [InlineData("http://127.0.0.1:3501", null)]
    [InlineData("http://dapr.example:3500", null)]
    public void TokenFor_TheSidecarOfTheSession_AndForNobodyElse(string runtime, string? expected)
    {
        Write();
        Assert.Equal(expected, Session.TokenFor(new Uri(runtime), folder));
        Assert.Null(Session.TokenFor(new Uri(runtime), Path.Combine(folder, "none")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"runtime": 7}""")]
    public void Read_FileThatIsBroken_IsOneLineThatNamesIt(string content)
    {
        File.WriteAllText(Path.Combine(folder, "session.json"), content);
        var error = Assert.Throws<UserException>(() => Session.Read(folder));
        Assert.StartsWith($"{folder}/session.json: cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_SidecarThatWantsAToken_SaysHowToGiveIt()
    {
        await using var dapr = await global::Dapr.Embedded.EmbeddedDapr.StartAsync(
            new() { Sidecars = [new() { AppId = "trainer", ApiToken = "secret" }] },
            TestContext.Current.CancellationToken
        );
        var runtime = dapr.Sidecars["trainer"].HttpEndpoint.ToString();
        var error = await Assert.ThrowsAsync<UserException>(() => CommandRun.RunAsync(TrainCommand.Create(), "--runtime", runtime, "--data", folder));
        Assert.Equal(ExitCodes.Failure, error.ExitCode);
        Assert.Contains("wants its API token: name the folder of that system with --data, or set DAPR_API_TOKEN", error.Message);
    }

    private void Write() =>
        new Session(
            new("http://127.0.0.1:3500"),
            new("http://127.0.0.1:50001"),
            new("http://127.0.0.1:8080"),
            null,
            Environment.ProcessId,
            "t"
        ).Write(DataDirectoryOf(folder));

    private static DataDirectory DataDirectoryOf(string path) =>
        DataDirectory.Prepare(
            new(
                null,
                null,
                path,
                Path.Combine(AppContext.BaseDirectory, "components", "local"),
                0,
                0,
                new Dictionary<string, IReadOnlyDictionary<string, string>>(),
                new Dictionary<string, string>()
            )
        );
}
