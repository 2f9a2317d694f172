using System.CommandLine;
using System.Text.Json;
using Dapr.Anomaly.Cli.Bench;

namespace Dapr.Anomaly.Cli.Tests.Bench;

/// <summary>The whole bench, small: whether it runs and what it says, never how fast it was.</summary>
public sealed class PipelineBenchTests
{
    [Fact]
    public async Task Bench_FewSeries_SaysWhatASampleCostsAsJson()
    {
        var (code, output) = await CommandRun.RunAsync(
            BenchCommand.Create(),
            "pipeline",
            "--series",
            "200",
            "--step",
            "5s",
            "--seconds",
            "10",
            "--json"
        );

        Assert.Equal(ExitCodes.Success, code);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.Equal(
            ["machine", "series", "stepSeconds", "seconds", "modelSeries", "samples", "cpu", "latency", "gcPauses", "memory", "training"],
            result.EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal(400, result.GetProperty("samples").GetProperty("expected").GetInt64());
        Assert.True(result.GetProperty("samples").GetProperty("scored").GetInt64() >= 200, output);
        Assert.True(result.GetProperty("cpu").GetProperty("total").GetDouble() > 0);
        Assert.True(result.GetProperty("latency").GetProperty("p99Ms").GetDouble() > 0);
        Assert.True(result.GetProperty("memory").GetProperty("trainerMb").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, result.GetProperty("training").ValueKind);
    }
}
