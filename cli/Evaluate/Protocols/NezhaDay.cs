using System.Globalization;
using System.Text.Json;
using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>A fault that was injected into a pod.</summary>
/// <param name="First">First row at or after the injection, counted in the stream.</param>
internal sealed record InjectedFault(string Service, string Type, int First)
{
    /// <summary>Faults of resources show in metrics; those of code (a wrong return, an exception) mostly in logs.</summary>
    public bool IsOfResources => Type is "cpu_contention" or "cpu_consumed" or "network_delay";
}

/// <summary>
/// One day of the Nezha set: pods of Online Boutique each minute, and what was injected. The injections fill the morning, so that no past without
/// faults comes before them: the first half of the hours after the last one fits the detectors, the second half streams as the fault-free part, and
/// the morning follows it without a gap. Declared: this is past-only within the stream, but the morning is scored by later hours.
/// </summary>
internal sealed class NezhaDay
{
    /// <summary>Rows that an event lasts from its injection, both ends included: five minutes.</summary>
    public const int EventRows = 6;

    /// <summary>Rows from an injection in which an alarm is no false one: eight minutes.</summary>
    public const int RecoveryRows = 9;

    private const int RowsAfterTheLast = 16;
    private const int TextOfTime = 19;

    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private readonly DateTimeOffset _start;
    private readonly SortedDictionary<string, List<(string Channel, double[] Values)>> _services = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _calls = [];
    private readonly int _rows;
    private readonly int _tail;

    /// <exception cref="UserException">A file is missing or wrong; names it.</exception>
    public NezhaDay(string folder)
    {
        (_folder, Name) = (folder, Path.GetFileName(folder));
        var metrics = Path.Combine(folder, "metric");
        if (!Directory.Exists(metrics))
            throw DataFile.Wrong(metrics, "is not there");
        string[] pods = [.. Directory.GetFiles(metrics, "*_metric.csv.gz").Order(StringComparer.Ordinal)];
        if (pods.Length == 0)
            throw DataFile.Wrong(metrics, "holds no *_metric.csv.gz");
        var first = DataFile.Cells(pods[0]);
        (_start, _rows) = (TimeOf(pods[0], 2, first[1][0]), first.Count - 1);
        foreach (var pod in pods)
            Add(pod, _ => Path.GetFileName(pod).Split('-')[0], skip: 3);
        var front = Path.Combine(metrics, "front_service.csv.gz");
        if (File.Exists(front))
            Add(front, _ => "frontend", skip: 3);
        foreach (var edges in (string[])["source_50.csv.gz", "destination_50.csv.gz"])
            if (File.Exists(Path.Combine(metrics, edges)))
                Add(Path.Combine(metrics, edges), edge => edge.Split('_')[1], skip: 2);
        foreach (var call in DataFile.Cells(Path.Combine(metrics, "dependency.csv")).Skip(1))
            _calls.UnionWith([(call[0], call[1]), (call[1], call[0])]);
        var faults = Injections();
        _tail = faults.Count == 0 ? 0 : faults.Max(f => f.Row) + RowsAfterTheLast;
        if (_rows - _tail < 120)
            throw DataFile.Wrong(folder, "has no two hours after its last fault, which the detectors are fitted on");
        FaultFreeRows = _rows - FirstStreamed;
        Faults = [.. faults.Select(f => new InjectedFault(f.Service, f.Type, FaultFreeRows + f.Row))];
    }

    public string Name { get; }

    public IEnumerable<string> Services => _services.Keys;

    /// <summary>In the order of the list.</summary>
    public IReadOnlyList<InjectedFault> Faults { get; }

    /// <summary>Rows of the stream before the morning: nothing was injected there.</summary>
    public int FaultFreeRows { get; }

    public int StreamRows => FaultFreeRows + _tail;

    private int FirstStreamed => _tail + (_rows - _tail) / 2;

    /// <summary>Whether a fault of one service may show at another: the same, or one call away.</summary>
    public bool Touches(string fault, string service) => fault == service || _calls.Contains((fault, service));

    public string NameOf(string service) => $"{Name} {service}";

    /// <summary>A service with the faults that may show at it as events.</summary>
    public LabelledSeries Series(string service)
    {
        var channels = _services[service];
        var times = Enumerable.Range(0, _rows).Select(i => _start + i * Step).ToArray();
        var table = Tables.Of(NameOf(service), Step, times, [.. channels.Select(c => c.Channel)], [.. channels.Select(c => c.Values)]);
        var (evening, morning) = (table.Slice(FirstStreamed, _rows), table.Slice(0, _tail));
        var stream = evening with
        {
            Times = [.. evening.Times, .. morning.Times.Select((_, i) => times[^1] + (i + 1) * Step)],
            Values = [.. evening.Values.Zip(morning.Values, (a, b) => (double[])[.. a, .. b])],
        };
        var labels = new bool[stream.Rows];
        foreach (var fault in Faults.Where(f => Touches(f.Service, service)))
            labels.AsSpan(fault.First, Math.Min(EventRows, labels.Length - fault.First)).Fill(true);
        return new(NameOf(service), table.Slice(_tail, FirstStreamed), stream, 0, 0, labels, DominantPeriod.Of(channels[0].Values));
    }

    /// <summary>The number columns of a file, each with the service it tells of.</summary>
    private void Add(string path, Func<string, string> serviceOf, int skip)
    {
        var rows = DataFile.Cells(path);
        for (var c = skip; c < rows[0].Length; c++)
        {
            var values = new double[_rows];
            Array.Fill(values, double.NaN);
            for (var r = 1; r < rows.Count; r++)
            {
                var at = (int)Math.Round((TimeOf(path, r + 1, rows[r][0]) - _start) / Step);
                if (at >= 0 && at < _rows && c < rows[r].Length)
                    values[at] = DataFile.Number(path, r + 1, rows[r][c]);
            }
            var service = serviceOf(rows[0][c]);
            if (!_services.TryGetValue(service, out var channels))
                _services[service] = channels = [];
            channels.Add(($"{Path.GetFileName(path).Split('_', '.')[0]} {rows[0][c]}", values));
        }
    }

    private List<(string Service, string Type, int Row)> Injections()
    {
        var path = Path.Combine(_folder, $"{Name}-fault_list.json");
        if (!File.Exists(path))
            throw DataFile.Wrong(path, "is not there");
        try
        {
            using var list = JsonDocument.Parse(File.ReadAllBytes(path));
            return
            [
                .. list
                    .RootElement.EnumerateObject()
                    .SelectMany(hour => hour.Value.EnumerateArray())
                    .Select(fault =>
                    {
                        var at = long.Parse(fault.GetProperty("inject_timestamp").GetString()!, CultureInfo.InvariantCulture);
                        return (
                            fault.GetProperty("inject_pod").GetString()!.Split('-')[0],
                            fault.GetProperty("inject_type").GetString()!,
                            (int)Math.Ceiling((DateTimeOffset.FromUnixTimeSeconds(at) - _start) / Step)
                        );
                    }),
            ];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException)
        {
            throw DataFile.Wrong(path, e.Message);
        }
    }

    /// <summary>The column <c>Time</c>; the one of seconds drifts in one file.</summary>
    private static DateTimeOffset TimeOf(string path, int line, string cell) =>
        cell.Length < TextOfTime
            ? throw DataFile.Wrong(path, $"line {line}: \"{cell}\" is not a time")
            : DataFile.Time(path, line, cell[..TextOfTime]);
}
