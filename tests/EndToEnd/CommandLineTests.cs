using Dapr.Anomaly.EndToEnd.Tests.Support;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;

namespace Dapr.Anomaly.EndToEnd.Tests;

/// <summary>What a user's mistake looks like: one line with the place, and an exit code.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Up_WrongConfiguration_NamesEveryKeyAndEndsWith2()
    {
        var file = Write(
            """
            preset: kubernetes
            reader:
              url: http://127.0.0.1:9
              stepp: 15s
            alerts:
              budget: { default: 2/fortnight }
            """
        );

        var (code, output) = await RunAsync("up", "--config", file);

        Assert.Equal(2, code);
        Assert.Contains($"{file}:4: reader.stepp: unknown key; did you mean step?", output);
        Assert.Contains($"{file}:6: alerts.budget.default: \"2/fortnight\" is not a rate; write N/hour, N/day or N/week", output);
        Assert.DoesNotContain("   at ", output);
    }

    [Fact]
    public async Task Service_ThatIsToldNothing_SaysWhatItNeedsInOneLineAndEndsWith2()
    {
        using var service = ServiceProcess.Start("Dapr.Anomaly.Collector.dll");
        await service.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);

        Assert.Equal(2, service.ExitCode);
        Assert.Equal(
            "anomaly.yaml: reader.url: nothing says where Prometheus is; give its URL (--prometheus, "
                + "or ANOMALY_PROMETHEUS_URL for a single service) or a configuration file",
            service.Output.Trim()
        );
    }

    [Fact]
    public async Task Up_PrometheusDown_SaysHowToLookAndEndsWith3()
    {
        var (code, output) = await RunAsync("up", "--prometheus", "http://127.0.0.1:9", "--data", _folder.Path);

        Assert.Equal(3, code);
        Assert.Contains("prometheus http://127.0.0.1:9 refused the connection (3 tries in", output);
        Assert.Contains("curl http://127.0.0.1:9/-/ready", output);
        Assert.DoesNotContain("   at ", output);
    }

    [Fact]
    public async Task Up_QueryThatDoesNotParse_NamesFileLineAndQueryAndEndsWith2()
    {
        await using var simulator = await StartSimulatorAsync();
        var file = Write(
            $$"""
            reader:
              url: {{simulator.Urls.First()}}
              queries:
                checkout_p99:
                  expr: histogram_quantile(0.99, sum by (le) (rate(x[2m]))))
            """
        );

        var (code, output) = await RunAsync("up", "--config", file, "--data", _folder.Path);

        Assert.Equal(2, code);
        Assert.Contains($"{file}:5: reader.queries.checkout_p99.expr: parse error at char", output);
    }

    [Fact]
    public async Task Up_QueriesWithoutSeriesOrWithNaNOnly_AreNamedAndTheRestGoesOn()
    {
        await using var simulator = await StartSimulatorAsync();
        var file = Write(
            $$"""
            preset: node
            reader:
              url: {{simulator.Urls.First()}}
              step: 5s
              queries:
                nothing:
                  expr: no_such_metric_total
                not_a_number:
                  expr: node_load1 * NaN
            """
        );
        using var up = ServiceProcess.Start(
            "anomaly.dll",
            "up",
            "--config",
            file,
            "--data",
            Path.Combine(_folder.Path, "data"),
            "--runtime-port",
            "0",
            "--console-port",
            "0"
        );
        string Log() => File.Exists(LogFile) ? ReadShared(LogFile) : "";

        await Eventually.TrueAsync(
            () => Log().Contains("nothing.expr: no series", StringComparison.Ordinal),
            $"the query without series is named; {up.Output}",
            60
        );
        await Eventually.TrueAsync(
            () => Log().Contains("every value is NaN or infinite since", StringComparison.Ordinal),
            $"the series of NaN is named; {Log()}",
            60
        );
        await Eventually.TrueAsync(
            () => up.Output.Contains("scoring", StringComparison.Ordinal),
            $"everything else is learnt and scored; {up.Output}",
            180
        );
        Assert.False(up.HasExited);
    }

    [Fact]
    public async Task Train_NothingRuns_SaysHowToStart()
    {
        var (code, output) = await RunAsync("train", "--data", _folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("nothing runs from", output);
    }

    [Fact]
    public async Task Train_WindowIsNoDuration_SaysWhatWouldBe()
    {
        var (code, output) = await RunAsync("train", "--window", "soon", "--data", _folder.Path);
        Assert.Equal(2, code);
        Assert.Contains("--window: \"soon\" is not a duration; write 45m, 12h or 2d", output);
    }

    [Theory]
    [InlineData("--prometheus", "ftp://x")]
    [InlineData("--runtime-port", "many")]
    public async Task Up_OptionOfTheWrongForm_EndsWith2(string option, string value)
    {
        var (code, output) = await RunAsync("up", option, value);
        Assert.Equal(2, code);
        Assert.Contains(value, output);
        Assert.DoesNotContain("   at ", output);
    }

    private string LogFile => Path.Combine(_folder.Path, "data", "logs", "collector.log");

    private string Write(string yaml)
    {
        var file = Path.Combine(_folder.Path, "anomaly.yaml");
        File.WriteAllText(file, yaml);
        return file;
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = ServiceProcess.Start("anomaly.dll", arguments);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, process.Output);
    }

    private static async Task<WebApplication> StartSimulatorAsync()
    {
        var app = SimulatorHost.Build(new SimulatorOptions { Workloads = 3, Step = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        await app.StartAsync();
        return app;
    }
}
