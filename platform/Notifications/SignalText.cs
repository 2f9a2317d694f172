using System.Globalization;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>How signals are written for people: value with unit, expected range, reasons.</summary>
public static class SignalText
{
    /// <summary>A range that reaches below zero is arithmetic, not what anybody expects of these.</summary>
    private static readonly string[] NeverNegative = ["ratio", "cores", "bytes", "bytes/s", "s", "seconds", "req/s"];

    /// <summary><c>0.92 cores</c>, <c>312 MiB</c>, <c>84 ms</c>, <c>4.1 %</c>.</summary>
    public static string Value(double value, string unit) =>
        unit switch
        {
            "bytes" => Scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]),
            "bytes/s" => Scaled(value, 1024, ["B/s", "KiB/s", "MiB/s", "GiB/s"]),
            "s" or "seconds" => Math.Abs(value) < 1 ? $"{Number(value * 1000)} ms" : $"{Number(value)} s",
            "ratio" => $"{Number(value * 100)} %",
            "" => Number(value),
            _ => $"{Number(value)} {unit}",
        };

    /// <summary><c>expected 0.18 cores to 0.34 cores</c>, or an empty text when nothing is known.</summary>
    public static string Expected(IncidentSignalV1 signal) =>
        signal is { Lower: { } lower, Upper: { } upper }
            ? $"expected {Value(NeverNegative.Contains(signal.Series.Unit) ? Math.Max(0, lower) : lower, signal.Series.Unit)} to "
                + $"{Value(upper, signal.Series.Unit)}"
            : "";

    /// <summary><c>container_cpu 0.92 cores (expected …)</c>.</summary>
    public static string Line(IncidentSignalV1 signal)
    {
        var expected = Expected(signal);
        var labels = DistinctLabels(signal.Series);
        return $"{signal.Series.Name}{labels} {Value(signal.Value, signal.Series.Unit)}{(expected.Length > 0 ? $", {expected}" : "")}";
    }

    /// <summary><c>cpu 62 % · throttling 21 %</c>.</summary>
    public static string Shares(IReadOnlyList<ContributionV1> why) =>
        string.Join(" · ", why.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.Share * 100:0} %")));

    /// <summary><c>forest 2.10 lstm 3.40 seasonal 1.20</c>: each member's own score, above 1 is anomalous.</summary>
    public static string Votes(IReadOnlyList<VoteV1> votes) =>
        string.Join("  ", votes.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Member} {v.AnomalyScore:0.00}")));

    public static string Score(double score) => score.ToString("0.0", CultureInfo.InvariantCulture);

    private static string DistinctLabels(SeriesIdentity series)
    {
        var labels = series.Labels.Where(l => l.Key is not ("namespace" or "workload" or "instance" or "node" or "job")).ToList();
        return labels.Count == 0 ? "" : "{" + string.Join(",", labels.Select(l => $"{l.Key}={l.Value}")) + "}";
    }

    private static string Scaled(double value, double factor, ReadOnlySpan<string> units)
    {
        var i = 0;
        for (; Math.Abs(value) >= factor && i < units.Length - 1; i++)
            value /= factor;
        return $"{Number(value)} {units[i]}";
    }

    private static string Number(double value) =>
        Math.Abs(value) switch
        {
            0 => "0",
            >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
            >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
            >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
            _ => value.ToString("G3", CultureInfo.InvariantCulture),
        };
}
