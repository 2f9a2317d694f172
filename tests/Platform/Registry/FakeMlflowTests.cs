using System.ComponentModel;
using System.Diagnostics;
using Dapr.Anomaly.Platform.Tests.Registry.Fake;

namespace Dapr.Anomaly.Platform.Tests.Registry;

/// <summary>The fake is held to the same program that real servers 3.18.0 and 2.22.5 passed.</summary>
public sealed class FakeMlflowTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("3.18.0", null)]
    [InlineData("3.18.0", "admin:a-long-password")]
    [InlineData("2.22.5", null)]
    public async Task Probe_CoreCases_AllPass(string version, string? credentials)
    {
        await using var fake = await FakeMlflow.StartAsync(version, credentials);
        var start = new ProcessStartInfo("python3", ["probe.py", "--core"])
        {
            WorkingDirectory = Path.Combine(AppContext.BaseDirectory, "Registry", "probe"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MLFLOW_TRACKING_URI"] = fake.Uri;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        if (credentials?.Split(':') is [var user, var password])
            (start.Environment["MLFLOW_TRACKING_USERNAME"], start.Environment["MLFLOW_TRACKING_PASSWORD"]) = (user, password);
        using var probe = Start(start);
        var error = probe.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var text = await probe.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await probe.WaitForExitAsync(TestContext.Current.CancellationToken);

        output.WriteLine(text + await error);
        Assert.True(probe.ExitCode == 0, string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("ok ") && !line.StartsWith("skip "))));
        Assert.Contains(" 0 failed", text);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            Assert.Skip($"python3 is not on this machine: {e.Message}");
            throw;
        }
    }
}
