using System.Diagnostics;
using System.Text.Json;

namespace Dapr.Anomaly.Cli.Bench;

/// <summary>What to run: so many workflows of so many no-op activities, after others that are not counted.</summary>
internal sealed record WorkflowLoad(int Count, int Activities, int AtOnce, int Warmup);

/// <summary>Runs workflows of no-op activities, runtime and worker in this process, and checks every result.</summary>
internal sealed class WorkflowBench(WorkflowLoad load, string? data, bool memory, bool json)
{
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var place = await WorkflowBenchHost.StartAsync(data, memory, cancellationToken);
        await place.ChainAsync(load.Activities, cancellationToken);
        if (load.Warmup > 0)
            await ManyAsync(place, load.Warmup, _ => { }, cancellationToken);
        var figures = await MeasureAsync(place, cancellationToken);
        await place.StopAsync(cancellationToken);
        Write(figures with { StoreMegabytes = place.StoreMegabytes });
        return figures.Wrong == 0 ? ExitCodes.Success : 1;
    }

    private async Task<Figures> MeasureAsync(WorkflowBenchHost place, CancellationToken cancellationToken)
    {
        using var process = Process.GetCurrentProcess();
        var megabytes = new double[10];
        var processor = process.TotalProcessorTime;
        var begin = Stopwatch.GetTimestamp();
        var (latencies, wrong) = await ManyAsync(place, load.Count, ended => Sample(ended, megabytes), cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        process.Refresh();
        var cpu = (process.TotalProcessorTime - processor).TotalMilliseconds / load.Count;
        megabytes[^1] = Environment.WorkingSet / 1e6;
        return new Figures(
            load.Count,
            load.Activities,
            Math.Min(load.AtOnce, load.Count),
            load.Warmup,
            !memory,
            seconds,
            load.Count / seconds,
            latencies[load.Count / 2],
            latencies[(int)(load.Count * 0.99)],
            cpu,
            megabytes,
            0,
            wrong
        );
    }

    /// <summary>Notes the working set each time another tenth has ended.</summary>
    private void Sample(int ended, double[] megabytes)
    {
        if (ended * 10L / load.Count is > 0 and < 10 and var tenth && (ended - 1) * 10L / load.Count < tenth)
            megabytes[tenth - 1] = Environment.WorkingSet / 1e6;
    }

    private async Task<(double[] SortedMilliseconds, int Wrong)> ManyAsync(
        WorkflowBenchHost place,
        int count,
        Action<int> ended,
        CancellationToken cancellationToken
    )
    {
        var latencies = new double[count];
        var (wrong, next, done) = (0, -1, 0);
        await Task.WhenAll(
            Enumerable
                .Range(0, Math.Min(load.AtOnce, count))
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            int index;
                            while ((index = Interlocked.Increment(ref next)) < count)
                            {
                                var started = Stopwatch.GetTimestamp();
                                if (!await place.ChainAsync(load.Activities, cancellationToken))
                                    Interlocked.Increment(ref wrong);
                                latencies[index] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                                ended(Interlocked.Increment(ref done));
                            }
                        },
                        cancellationToken
                    )
                )
        );
        Array.Sort(latencies);
        return (latencies, wrong);
    }

    private void Write(Figures figures)
    {
        if (json)
        {
            System.Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
            return;
        }
        var warm = figures.Warmup > 0 ? $"after {figures.Warmup} that do not count" : "cold: the process had run one before";
        System.Console.WriteLine(
            $"{figures.Count} workflows of {figures.Activities} activities, {figures.AtOnce} at once, "
                + $"{(figures.Durable ? "SQLite, synchronous=FULL" : "in memory")}, {warm}"
        );
        System.Console.WriteLine(
            $"{figures.PerSecond:0} workflows/s, p50 {figures.P50Milliseconds:0.0} ms, "
                + $"p99 {figures.P99Milliseconds:0.0} ms, {figures.Seconds:0.0} s in all"
        );
        if (figures.Activities == DaprdFigures.ChainedActivities)
            System.Console.WriteLine($"(daprd 1.18.2, another run: {DaprdFigures.Workflows})");
        System.Console.WriteLine(
            $"{figures.CpuMilliseconds:0.00} ms CPU a workflow (runtime, worker and client); log {figures.StoreMegabytes:0.0} MB"
        );
        System.Console.WriteLine($"working set after each tenth: {string.Join(" ", figures.MegabytesByTenth.Select(one => $"{one:0}"))} MB");
        System.Console.WriteLine($"{figures.Wrong} wrong results");
    }

    private sealed record Figures(
        int Count,
        int Activities,
        int AtOnce,
        int Warmup,
        bool Durable,
        double Seconds,
        double PerSecond,
        double P50Milliseconds,
        double P99Milliseconds,
        double CpuMilliseconds,
        double[] MegabytesByTenth,
        double StoreMegabytes,
        int Wrong
    );
}
