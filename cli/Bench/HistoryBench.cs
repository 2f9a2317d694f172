using System.Diagnostics;
using System.Text.Json;

namespace Dapr.Anomaly.Cli.Bench;

/// <summary>
/// What one event costs in short and in long histories of single workflows: with a cost that grows with the history, the last of three
/// lengths is dearer by far than the first; with one that does not, their ratio is about 1.
/// </summary>
internal sealed class HistoryBench(int events, bool memory, bool json)
{
    /// <summary>An activity leaves its schedule, its result and the start of the turn that takes it.</summary>
    private const int EventsOfActivity = 3;
    private const int RaisedAtOnce = 20;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var place = await WorkflowBenchHost.StartAsync(null, memory, cancellationToken);
        await place.ChainAsync(events / 10 / EventsOfActivity, cancellationToken);
        await place.CollectAsync(events / 10, RaisedAtOnce, cancellationToken);
        var rows = new List<Row>();
        foreach (var length in new[] { events / 10, events * 3 / 10, events })
            rows.Add(
                await MeasureAsync("activities, one after another", length, () => place.ChainAsync(length / EventsOfActivity, cancellationToken))
            );
        foreach (var length in new[] { events / 10, events * 3 / 10, events })
            rows.Add(await MeasureAsync("raised events", length, () => place.CollectAsync(length, RaisedAtOnce, cancellationToken)));
        await place.StopAsync(cancellationToken);
        Write(rows);
        return rows.TrueForAll(row => row.IsRight) ? ExitCodes.Success : 1;
    }

    private static async Task<Row> MeasureAsync(string what, int length, Func<Task<bool>> run)
    {
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        var begin = Stopwatch.GetTimestamp();
        var isRight = await run();
        var elapsed = Stopwatch.GetElapsedTime(begin);
        process.Refresh();
        return new Row(
            what,
            length,
            elapsed.TotalSeconds,
            elapsed.TotalMilliseconds / length,
            (process.TotalProcessorTime - processor).TotalMilliseconds / length,
            isRight
        );
    }

    private void Write(List<Row> rows)
    {
        if (json)
        {
            System.Console.WriteLine(JsonSerializer.Serialize(rows, JsonSerializerOptions.Web));
            return;
        }
        foreach (var kind in rows.GroupBy(row => row.What))
        {
            foreach (var row in kind)
                System.Console.WriteLine(
                    $"{row.What}: {row.Events} events, {row.Seconds:0.0} s, "
                        + $"{row.MillisecondsEach:0.000} ms each, {row.CpuMillisecondsEach:0.000} ms CPU each{(row.IsRight ? "" : ", wrong result")}"
                );
            System.Console.WriteLine(
                $"  an event of the longest costs "
                    + $"{kind.Last().CpuMillisecondsEach / kind.First().CpuMillisecondsEach:0.00} times the CPU of one of the shortest"
            );
        }
    }

    private sealed record Row(string What, int Events, double Seconds, double MillisecondsEach, double CpuMillisecondsEach, bool IsRight);
}
