using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>
/// Sets with a folder for each machine: <c>train.csv.gz</c>, <c>test.csv.gz</c> with a header, <c>test_label.csv</c> with one 0 or 1 a row. Each
/// machine is fitted on its own training part.
/// </summary>
/// <param name="tuning">Machines that are set apart for tuning.</param>
internal sealed class MachineProtocol(string name, TimeSpan step, params string[] tuning) : IProtocol
{
    public static readonly MachineProtocol ServerMachines = new("smd", TimeSpan.FromMinutes(1));
    public static readonly MachineProtocol ApplicationServers = new("asd", TimeSpan.FromMinutes(5), "omi-1", "omi-2", "omi-3");

    public string Name => name;

    public string Folder => name;

    public bool HasTuningPart => tuning.Length > 0;

    public IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part) =>
        [
            .. Directory
                .GetDirectories(folder)
                .Select(path => Path.GetFileName(path))
                .Where(machine => tuning.Contains(machine) == (part == EvaluationPart.Tune))
                .Order(StringComparer.Ordinal)
                .Select(machine => new SeriesSource(machine, () => Read(Path.Combine(folder, machine), machine))),
        ];

    private LabelledSeries Read(string folder, string machine)
    {
        var (channels, training) = DataFile.Numbers(Path.Combine(folder, "train.csv.gz"), header: true);
        var path = Path.Combine(folder, "test.csv.gz");
        var (same, test) = DataFile.Numbers(path, header: true);
        if (!channels.SequenceEqual(same))
            throw DataFile.Wrong(path, "its columns are not those of train.csv.gz");
        return Machine(machine, step, channels, training, test, Path.Combine(folder, "test_label.csv"), header: true);
    }

    /// <summary>A machine with separate parts: all of the test part is streamed and evaluated, and the first channel gives the window.</summary>
    internal static LabelledSeries Machine(
        string name,
        TimeSpan step,
        string[] channels,
        double[][] training,
        double[][] test,
        string labelPath,
        bool header
    )
    {
        var labels = DataFile.Labels(labelPath, header);
        if (labels.Length != test[0].Length)
            throw DataFile.Wrong(labelPath, $"has {labels.Length} labels for {test[0].Length} rows");
        var (past, stream) = Tables.Even(name, step, channels, training, test);
        return new(name, past, stream, 0, 0, labels, DominantPeriod.Of(test[0]));
    }
}
