using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>
/// Microsoft cloud monitoring: single series <c>TimeStamp,Value,Label</c>. The first 20 % of the rows fit, rows 20 to 50 % are for tuning, rows 50 to
/// 100 % are reported. A tuning run ends at the half; only the window of the labels is that of the whole series.
/// </summary>
internal sealed class CloudMonitoringProtocol : IProtocol
{
    private const double FitShare = 0.2;
    private const double TuneShare = 0.5;

    public string Name => "mscloud";

    public string Folder => "ms_cloud_monitoring";

    public bool HasTuningPart => true;

    public IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part) =>
        [
            .. Directory
                .GetFiles(folder, "*.csv", SearchOption.AllDirectories)
                .OrderBy(Path.GetFileName, StringComparer.Ordinal)
                .Select(path => new SeriesSource(Path.GetFileNameWithoutExtension(path), () => Read(path, part))),
        ];

    private static LabelledSeries Read(string path, EvaluationPart part)
    {
        var rows = DataFile.Cells(path);
        if (rows[0].Length != 3 || rows.Count < 11)
            throw DataFile.Wrong(path, "is not a series of at least ten rows TimeStamp,Value,Label");
        var times = new DateTimeOffset[rows.Count - 1];
        var values = new double[times.Length];
        var labels = new bool[times.Length];
        for (var i = 0; i < times.Length; i++)
        {
            var row = rows[i + 1];
            if (row.Length != 3)
                throw DataFile.Wrong(path, $"line {i + 2} has {row.Length} cells, not 3");
            times[i] = DataFile.Time(path, i + 2, row[0]);
            values[i] = DataFile.Number(path, i + 2, row[1]);
            labels[i] = DataFile.Number(path, i + 2, row[2]) != 0;
        }
        var (fit, half) = ((int)(FitShare * times.Length), (int)(TuneShare * times.Length));
        var (from, to) = part == EvaluationPart.Tune ? (fit, half) : (half, times.Length);
        var name = Path.GetFileNameWithoutExtension(path);
        var all = Tables.Of(name, Tables.StepOf(times), times, ["value"], [values]);
        return new(name, all.Slice(0, fit), all.Slice(fit, to), from - fit, 0, labels[from..to], DominantPeriod.Of(values));
    }
}
