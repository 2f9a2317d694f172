using System.Diagnostics;
using Dapr.Anomaly.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Tests.Hosting;

public sealed class LogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("anomaly-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Line_HasTimeLevelCategoryAndTheExceptionBelow()
    {
        var path = Path.Combine(_folder, "logs", "a.log");
        using (var log = LogFile.Open(path))
            log.CreateLogger("Dapr.Anomaly.Collector.CollectionLoop")
                .Log(LogLevel.Warning, default, "a \"word\"", new IOException("no"), (state, _) => state);

        var lines = File.ReadAllLines(path);
        Assert.Matches("""^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z Warning     Dapr\.Anomaly\.Collector\.CollectionLoop: a "word"$""", lines[0]);
        Assert.Equal("System.IO.IOException: no", lines[1]);
    }

    [Fact]
    public void File_ThatIsFull_IsFollowedByTheNext_AndOldOnesGo()
    {
        using (var log = LogFile.Open(Path.Combine(_folder, "a.log"), maxBytes: 1_000))
            for (var i = 0; i < 200; i++)
                log.CreateLogger("c").Log(LogLevel.Information, default, $"line {i} with some words to fill it", null, (state, _) => state);

        var files = Directory.GetFiles(_folder);
        Assert.Equal(LogFile.MaxFiles, files.Length);
        Assert.All(files, f => Assert.InRange(new FileInfo(f).Length, 1, 1_200));
        Assert.Contains("line 199", File.ReadAllText(files.Order(StringComparer.Ordinal).Last()));
    }

    [Fact]
    public void Disk_ThatIsFull_CostsLinesButNoCaller_AndThereAreLinesAgainWhenThereIsRoom()
    {
        Assert.SkipUnless(TryMount(_folder, "64k"), "mounting a small file system is not permitted here");
        try
        {
            var path = Path.Combine(_folder, "a.log");
            var filler = Path.Combine(_folder, "filler");
            using var log = LogFile.Open(path);
            var logger = log.CreateLogger("c");
            Write(logger, "before");
            Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(filler, new byte[128 * 1024]));
            for (var i = 0; i < 500; i++)
                Write(logger, $"while it is full {i}");
            File.Delete(filler);
            for (var i = 0; i < 3; i++)
                Write(logger, $"after {i}");

            var text = File.ReadAllText(path);
            Assert.Contains("before", text);
            Assert.Contains("after 2", text);
        }
        finally
        {
            Process.Start("umount", ["-l", _folder]).WaitForExit();
        }
    }

    private static void Write(ILogger logger, string text) => logger.Log(LogLevel.Information, default, text, null, (state, _) => state);

    private static bool TryMount(string folder, string size)
    {
        try
        {
            using var mount = Process.Start(
                new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder]) { RedirectStandardError = true }
            )!;
            mount.WaitForExit();
            return mount.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
