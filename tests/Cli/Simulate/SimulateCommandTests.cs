using System.CommandLine;
using System.Diagnostics;
using Dapr.Anomaly.Cli.Simulate;
using Dapr.Anomaly.Simulator.Tests;

namespace Dapr.Anomaly.Cli.Tests.Simulate;

public sealed class SimulateCommandTests
{
    [Fact]
    public async Task A_taken_port_is_told_in_one_line_with_exit_code_1()
    {
        await using var first = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(1), Workloads = 1 });
        var (code, errors) = await RunAsync(
            "simulate",
            "--port",
            first.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "--history",
            "1h"
        );
        Assert.Equal(1, code);
        Assert.StartsWith($"simulate: cannot listen on 127.0.0.1:{first.Url.Port}: ", errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Wrong_options_are_told_with_exit_code_2()
    {
        var (code, errors) = await RunAsync("simulate", "--step", "7s", "--workloads", "0");
        Assert.Equal(2, code);
        Assert.Equal(
            "simulate: The field Workloads must be between 1 and 1200.\nsimulate: step 7 s does not divide an hour; write 5s, 10s, 15s, 30s or 1m\n",
            errors
        );
    }

    [Fact]
    public async Task The_program_exits_with_2_when_the_command_line_is_wrong()
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, "simulate", "--history", "3x"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        var texts = await Task.WhenAll(process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("--history \"3x\" is not a duration; write 15s, 5m, 24h or 14d", texts[0], StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        var root = new RootCommand { SimulateCommand.Create() };
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await root.Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, errors.ToString());
    }
}
