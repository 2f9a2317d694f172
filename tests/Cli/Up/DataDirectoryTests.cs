using System.Runtime.Versioning;
using Dapr.Anomaly.Cli.Up;

namespace Dapr.Anomaly.Cli.Tests.Up;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("data-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("""{"slack": {"url": "https://hooks.example/PLANTED""")]
    [InlineData("PLANTED")]
    [InlineData("""["PLANTED"]""")]
    [InlineData("""{"slack": "PLANTED"}""")]
    [InlineData("""{"slack": {"url": {"PLANTED": 1}}}""")]
    public void Prepare_SecretsThatAreBroken_AreOneLineThatNamesTheFileAndShowsNothingOfIt(string content)
    {
        var data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "secrets.json"), content);
        var error = Assert.Throws<UserException>(() => Prepare(data));
        Assert.StartsWith($"{data}/secrets.json: no JSON of secrets at line 1", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(content, File.ReadAllText(Path.Combine(data, "secrets.json")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("components")]
    [InlineData("secrets.json/x")]
    public void Prepare_FolderThatCannotBeWritten_IsOneLineThatNamesIt(string part)
    {
        // A file where a folder has to be: it stops root, too.
        var data = Path.Combine(folder, "data");
        var obstacle = Path.Combine(data, part);
        Directory.CreateDirectory(Path.GetDirectoryName(obstacle.TrimEnd('/'))!);
        if (part.EndsWith("/x", StringComparison.Ordinal))
            Directory.CreateDirectory(obstacle);
        else
            File.WriteAllText(obstacle.TrimEnd('/'), "");
        var error = Assert.Throws<UserException>(() => Prepare(data));
        Assert.StartsWith($"--data {data}: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Name a folder in which this user may read and write.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Prepare_NewFolder_IsForItsUserOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are Unix's");
        var data = Path.Combine(folder, "new");
        Prepare(data);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "secrets.json")));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task WriteJson_WhileOthersLook_IsNeverReadableByThem()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are Unix's");
        using var stop = new CancellationTokenSource();
        var seen = UnixFileMode.None;
        var looking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                foreach (var file in Directory.GetFiles(folder))
                    try
                    {
                        seen |= File.GetUnixFileMode(file);
                    }
                    catch (FileNotFoundException)
                    {
                        // Renamed this moment.
                    }
        });
        for (var i = 0; i < 300; i++)
            PrivateFile.WriteJson(Path.Combine(folder, "secrets.json"), new { secret = i });
        await stop.CancelAsync();
        await looking;
        Assert.Equal(UnixFileMode.None, seen & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    private static DataDirectory Prepare(string data) =>
        DataDirectory.Prepare(
            new(
                null,
                null,
                data,
                Path.Combine(AppContext.BaseDirectory, "components", "local"),
                0,
                0,
                new Dictionary<string, IReadOnlyDictionary<string, string>>(),
                new Dictionary<string, string>()
            )
        );
}
