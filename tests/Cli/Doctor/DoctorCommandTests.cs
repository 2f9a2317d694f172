using System.CommandLine;
using System.Text.Json;
using Dapr.Anomaly.Cli.Doctor;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Simulator;
using Microsoft.AspNetCore.Builder;

namespace Dapr.Anomaly.Cli.Tests.Doctor;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task A_server_with_everything_is_described_and_exits_with_0()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(26) });
        var (code, output, errors) = await RunAsync("doctor", "--prometheus", simulator.Urls.First());
        Assert.Equal("", errors);
        Assert.Equal(0, code);
        foreach (
            var expected in (string[])
                [
                    "✓ node-exporter · 14 queries",
                    "✓ cAdvisor · 10 queries",
                    "✓ kube-state-metrics · 3 queries",
                    "✓ HTTP services · 4 queries",
                    "named by kube-state-metrics",
                    "at least 1d",
                    "forest, lstm, bank: after the first training",
                    "seasonal: in 6h at most (wants 1d6h)",
                    "seasonal with weeks: in 6d6h at most (wants 7d6h)",
                ]
        )
            Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_parts_are_the_members_of_the_ensemble() =>
        Assert.Equal(MemberName.All, PartReadiness.Of(TimeSpan.Zero).Select(p => p.Part.Split(' ')[0]).Distinct());

    [Fact]
    public async Task A_query_that_is_refused_over_a_range_is_found_although_it_answers_at_an_instant()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(1), Workloads = 1 });
        var file = await WriteAsync($"reader:\n  url: {simulator.Urls.First()}\n  queries:\n    raw: {{ expr: \"up[1m]\" }}\n");
        var (code, output, _) = await RunAsync("doctor", "--config", file);
        Assert.Equal(2, code);
        Assert.Contains($"{file}:4: reader.queries.raw.expr: ", output, StringComparison.Ordinal);
        var up = await Assert.ThrowsAsync<PrometheusException>(() =>
            StartCheck.RunAsync(AnomalyConfiguration.Load(file).Value!, "components", TimeProvider.System, TestContext.Current.CancellationToken)
        );
        Assert.Contains(up.Message, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_that_is_no_binding_is_named_with_the_near_one_before_a_server_is_asked()
    {
        var file = await WriteAsync("reader: { url: http://127.0.0.1:1 }\nalerts:\n  routes: [slak]\n");
        var (code, _, errors) = await RunAsync("doctor", "--config", file);
        Assert.Equal(2, code);
        Assert.Contains($"{file}:3: alerts.routes: \"slak\" is no output binding of ", errors, StringComparison.Ordinal);
        Assert.Contains("did you mean slack?", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_windows_cannot_take_is_refused()
    {
        var file = await WriteAsync("reader: { url: http://127.0.0.1:1, step: 30m }\n");
        var (code, _, errors) = await RunAsync("doctor", "--config", file);
        Assert.Equal(2, code);
        Assert.Equal($"{file}:1: reader.step: 30m is out of range; write 1s to 15m", errors.TrimEnd());
    }

    [Fact]
    public async Task Json_holds_the_same_figures()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(4), Workloads = 2 });
        var (code, output, _) = await RunAsync("doctor", "--json", "--prometheus", simulator.Urls.First());
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, code);
        Assert.Equal(31, report.GetProperty("queries").GetArrayLength());
        Assert.Equal(
            report.GetProperty("queries").EnumerateArray().Sum(q => q.GetProperty("series").GetInt32()),
            report.GetProperty("series").GetInt32()
        );
        Assert.Equal(4096L * report.GetProperty("series").GetInt32(), report.GetProperty("windowBytes").GetInt64());
        Assert.Equal(3 * 3600, report.GetProperty("historySeconds").GetDouble());
    }

    [Fact]
    public async Task Own_queries_that_the_server_refuses_exit_with_2_and_name_the_place()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(1), Workloads = 1 });
        var file = await WriteAsync(
            $$"""
            reader:
              url: {{simulator.Urls.First()}}
              queries:
                good: { expr: up }
                bad: { expr: sum(up)) }
                empty: { expr: nosuch }
            """
        );
        var (code, output, _) = await RunAsync("doctor", "--config", file);
        Assert.Equal(2, code);
        Assert.Contains(
            $"{file}:5: reader.queries.bad.expr: parse error at char 8: unexpected right parenthesis ')' (from {simulator.Urls.First()})",
            output,
            StringComparison.Ordinal
        );
        Assert.Contains($"{file}:6: reader.queries.empty.expr: gives no series now", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_exits_with_2_and_a_server_that_is_down_with_3()
    {
        var file = await WriteAsync("reader: { ulr: http://a }\n");
        var wrong = await RunAsync("doctor", "--config", file);
        Assert.Equal(2, wrong.Code);
        Assert.Contains($"{file}:1: reader.ulr: unknown key; did you mean url?", wrong.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("doctor", "--prometheus", "prom")).Code);

        var down = await RunAsync("doctor", "--prometheus", "http://127.0.0.1:1");
        Assert.Equal(3, down.Code);
        Assert.StartsWith("prometheus http://127.0.0.1:1 refused the connection (3 tries in ", down.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_anything_to_watch_exits_with_1()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(1), Workloads = 1 });
        var file = await WriteAsync($"preset: none\nreader: {{ url: {simulator.Urls.First()} }}\n");
        var (code, output, _) = await RunAsync("doctor", "--config", file);
        Assert.Equal(1, code);
        Assert.Contains("nothing to watch", output, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(SimulatorOptions options)
    {
        var app = SimulatorHost.Build(options, TimeProvider.System);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static async Task<string> WriteAsync(string text)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("doctor-").FullName, "anomaly.yaml");
        await File.WriteAllTextAsync(file, text);
        return file;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var root = new RootCommand { DoctorCommand.Create() };
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await root.Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
