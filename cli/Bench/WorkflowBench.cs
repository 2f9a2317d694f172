using System.Diagnostics;
using System.Text.Json;
using Dapr.Embedded;
using Dapr.Workflow;

namespace Dapr.Anomaly.Cli.Bench;

/// <summary>Runs workflows of no-op activities, runtime and worker in this process, and checks every result.</summary>
internal sealed class WorkflowBench(int count, int activities, int atOnce, string? data, bool memory, bool json)
{
    private const string ChainName = "BenchChain";
    private const string StepName = "BenchStep";

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = memory ? null : data ?? Directory.CreateTempSubdirectory("anomaly-bench-").FullName;
        try
        {
            var options = new EmbeddedDaprOptions { DataDirectory = folder, Sidecars = [new SidecarOptions { AppId = "bench" }] };
            await using var dapr = await EmbeddedDapr.StartAsync(options, cancellationToken);
            using var worker = Worker(dapr.Sidecars["bench"].GrpcEndpoint);
            await worker.StartAsync(cancellationToken);
            var client = worker.Services.GetRequiredService<DaprWorkflowClient>();
            await RunOneAsync(client, cancellationToken);
            var figures = await MeasureAsync(client, cancellationToken);
            await worker.StopAsync(cancellationToken);
            figures = figures with { StoreMegabytes = folder is null ? 0 : Directory.GetFiles(folder, "workflows.*").Sum(file => new FileInfo(file).Length) / 1e6 };
            Write(figures);
            return figures.Wrong == 0 ? 0 : 1;
        }
        finally
        {
            if (folder is not null && data is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private IHost Worker(Uri endpoint)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["DAPR_GRPC_ENDPOINT"] = endpoint.ToString();
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<int, int>(ChainName, async (context, steps) =>
            {
                var value = 0;
                for (var step = 0; step < steps; step++)
                    value = await context.CallActivityAsync<int>(StepName, value);
                return value;
            });
            workflows.RegisterActivity<int, int>(StepName, (_, value) => Task.FromResult(value + 1));
        });
        return builder.Build();
    }

    private async Task<bool> RunOneAsync(DaprWorkflowClient client, CancellationToken cancellationToken)
    {
        var id = await client.ScheduleNewWorkflowAsync(ChainName, null, activities);
        var state = await client.WaitForWorkflowCompletionAsync(id, true, cancellationToken);
        return state.RuntimeStatus == WorkflowRuntimeStatus.Completed && state.ReadOutputAs<int>() == activities;
    }

    private async Task<Figures> MeasureAsync(DaprWorkflowClient client, CancellationToken cancellationToken)
    {
        using var process = Process.GetCurrentProcess();
        var latencies = new double[count];
        var wrong = 0;
        var next = -1;
        var megabytesEarly = 0.0;
        var processor = process.TotalProcessorTime;
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(atOnce, count)).Select(_ => Task.Run(async () =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < count)
            {
                if (index == count / 10)
                    megabytesEarly = Megabytes();
                var started = Stopwatch.GetTimestamp();
                if (!await RunOneAsync(client, cancellationToken))
                    Interlocked.Increment(ref wrong);
                latencies[index] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        }, cancellationToken)));
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        process.Refresh();
        var cpu = (process.TotalProcessorTime - processor).TotalMilliseconds / count;
        Array.Sort(latencies);
        return new Figures(count, activities, Math.Min(atOnce, count), !memory, seconds, count / seconds, latencies[count / 2], latencies[(int)(count * 0.99)], cpu, megabytesEarly, Megabytes(), 0, wrong);
    }

    private static double Megabytes() => Environment.WorkingSet / 1e6;

    private void Write(Figures figures)
    {
        if (json)
        {
            System.Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
            return;
        }
        System.Console.WriteLine($"{figures.Count} workflows of {figures.Activities} activities, {figures.AtOnce} at once, {(figures.Durable ? "SQLite, synchronous=FULL" : "in memory")}");
        System.Console.WriteLine($"{figures.PerSecond:0} workflows/s, p50 {figures.P50Milliseconds:0.0} ms, p99 {figures.P99Milliseconds:0.0} ms, {figures.Seconds:0.0} s in all");
        System.Console.WriteLine($"{figures.CpuMilliseconds:0.00} ms CPU a workflow (runtime, worker and client); working set {figures.MegabytesEarly:0} MB after a tenth, {figures.Megabytes:0} MB at the end; log {figures.StoreMegabytes:0.0} MB");
        System.Console.WriteLine($"{figures.Wrong} wrong results");
    }

    private sealed record Figures(
        int Count, int Activities, int AtOnce, bool Durable, double Seconds, double PerSecond, double P50Milliseconds, double P99Milliseconds,
        double CpuMilliseconds, double MegabytesEarly, double Megabytes, double StoreMegabytes, int Wrong);
}
