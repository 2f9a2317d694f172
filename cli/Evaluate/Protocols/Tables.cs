using Dapr.Anomaly.Core.Evaluation.Streaming;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>Columns of a data set as rows of a workload.</summary>
internal static class Tables
{
    /// <summary>Sets without times begin on a Monday at midnight.</summary>
    private static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Training and test part, one after the other, at an even step.</summary>
    public static (ChannelTable Training, ChannelTable Stream) Even(
        string name,
        TimeSpan step,
        string[] channels,
        double[][] training,
        double[][] stream
    )
    {
        var rows = training[0].Length;
        return (Of(name, step, Times(0, rows), channels, training), Of(name, step, Times(rows, stream[0].Length), channels, stream));

        DateTimeOffset[] Times(int from, int count) => [.. Enumerable.Range(from, count).Select(i => Epoch + i * step)];
    }

    public static ChannelTable Of(string name, TimeSpan step, DateTimeOffset[] times, string[] channels, double[][] values) =>
        new(
            step,
            times,
            [
                .. channels.Select(c => new SeriesIdentity(
                    c,
                    SignalKind.Other,
                    "",
                    new Labels([KeyValuePair.Create("namespace", "evaluate"), KeyValuePair.Create("workload", name)])
                )),
            ],
            values
        );

    /// <summary>The usual distance of times: their median distance above 0.</summary>
    public static TimeSpan StepOf(DateTimeOffset[] times)
    {
        TimeSpan[] distances = [.. times.Zip(times.Skip(1), (a, b) => b - a).Where(d => d > TimeSpan.Zero).Order()];
        return distances.Length == 0 ? TimeSpan.FromMinutes(1) : distances[distances.Length / 2];
    }
}
