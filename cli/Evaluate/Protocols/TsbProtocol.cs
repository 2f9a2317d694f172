using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>
/// What of the TSB-AD benchmark can be rebuilt exactly: 14 NAB files of the univariate list and two machines of SMD of the multivariate one. Metrics
/// run over the whole file; its first rows are the training part, and warm-up.
/// </summary>
/// <remarks>Liu and Paparrizos, TSB-AD, NeurIPS 2024, revision 8763009.</remarks>
internal sealed class TsbProtocol : IProtocol
{
    /// <summary>Number of the file in the benchmark's univariate list, and the file of NAB.</summary>
    public static readonly IReadOnlyList<(int Id, string File)> Univariate =
    [
        (1, "realKnownCause/ec2_request_latency_system_failure.csv"),
        (5, "realTraffic/occupancy_6005.csv"),
        (6, "realKnownCause/nyc_taxi.csv"),
        (8, "artificialWithAnomaly/art_load_balancer_spikes.csv"),
        (9, "realTraffic/TravelTime_451.csv"),
        (13, "realTraffic/speed_t4013.csv"),
        (14, "realAdExchange/exchange-3_cpm_results.csv"),
        (16, "realKnownCause/ambient_temperature_system_failure.csv"),
        (17, "artificialWithAnomaly/art_increase_spike_density.csv"),
        (18, "realKnownCause/rogue_agent_key_hold.csv"),
        (19, "realAWSCloudwatch/ec2_cpu_utilization_5f5533.csv"),
        (23, "realKnownCause/cpu_utilization_asg_misconfiguration.csv"),
        (25, "realTweets/Twitter_volume_FB.csv"),
        (26, "realTraffic/speed_6005.csv"),
    ];

    /// <summary>Number of the file in the benchmark's multivariate list, and the machine whose test part it is.</summary>
    public static readonly IReadOnlyList<(int Id, string Machine)> Multivariate = [(63, "machine-2-1"), (75, "machine-2-7")];

    public string Name => "tsb";

    public string Folder => "";

    public static string NameOf(int id, string file) => $"{id:000} {Path.GetFileNameWithoutExtension(file)}";

    public IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part)
    {
        var nab = Path.Combine(folder, "nab");
        var windows = NabCorpus.Windows(nab);
        return
        [
            .. Univariate.Select(u => new SeriesSource(NameOf(u.Id, u.File), () => FromNab(nab, u.Id, u.File, windows))),
            .. Multivariate.Select(m => new SeriesSource(NameOf(m.Id, m.Machine), () => FromMachine(Path.Combine(folder, "smd"), m.Id, m.Machine))),
        ];
    }

    /// <summary>
    /// The benchmark leaves out the first row, and a window begins after its first time. Its files carry no times: the rows follow each other at the
    /// usual step of the series.
    /// </summary>
    private static LabelledSeries FromNab(string folder, int id, string file, IReadOnlyDictionary<string, (string First, string Last)[]> allWindows)
    {
        if (!allWindows.TryGetValue(file, out var windows))
            throw DataFile.Wrong(Path.Combine(folder, "labels", "combined_windows.json"), $"says nothing of {file}");
        var series = NabCorpus.Read(folder, file, windows);
        var path = Path.Combine(folder, "data", file);
        var bounds = Array.ConvertAll(windows, w => (First: DataFile.Time(path, 0, w.First), Last: DataFile.Time(path, 0, w.Last)));
        var times = series.Times[1..];
        var labels = Array.ConvertAll(times, t => bounds.Any(b => t > b.First && t <= b.Last));
        var name = NameOf(id, file);
        return Whole(
            name,
            Tables
                .Even(
                    name,
                    Tables.StepOf(times),
                    ["value"],
                    [
                        [],
                    ],
                    [series.Values[1..]]
                )
                .Stream,
            labels
        );
    }

    private static LabelledSeries FromMachine(string folder, int id, string machine)
    {
        var (channels, test) = DataFile.Numbers(Path.Combine(folder, machine, "test.csv.gz"), header: true);
        var labels = DataFile.Labels(Path.Combine(folder, machine, "test_label.csv"), header: true);
        var (_, table) = Tables.Even(
            NameOf(id, machine),
            TimeSpan.FromMinutes(1),
            channels,
            Array.ConvertAll(test, _ => Array.Empty<double>()),
            test
        );
        return Whole(NameOf(id, machine), table, labels);
    }

    private static LabelledSeries Whole(string name, ChannelTable table, bool[] labels)
    {
        var training = Math.Min(50_000, Math.Max(500, Math.Min(labels.Length / 4, Array.IndexOf(labels, true) - 100)));
        return new(name, table.Slice(0, training), table.Slice(training, table.Rows), 0, training, labels, DominantPeriod.Of(table.Values[0]));
    }
}
