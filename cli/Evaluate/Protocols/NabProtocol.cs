using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>
/// The Numenta Anomaly Benchmark: 58 files in one pass, their first 15 % (at most 750 rows) as training part and warm-up; for the scoreboard and, by
/// its windows as labels, for the other metrics.
/// </summary>
internal sealed class NabProtocol : IProtocol
{
    public string Name => "nab";

    public string Folder => "nab";

    public IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part)
    {
        var windows = NabCorpus.Windows(folder);
        return
        [
            .. windows
                .Keys.Order(StringComparer.Ordinal)
                .Select(name => new SeriesSource(
                    name,
                    () =>
                    {
                        var series = NabCorpus.Read(folder, name, windows[name]);
                        var labels = new bool[series.Values.Length];
                        foreach (var (first, last) in series.WindowRows())
                            labels.AsSpan(first, last - first + 1).Fill(true);
                        var table = Tables.Of(name, Tables.StepOf(series.Times), series.Times, ["value"], [series.Values]);
                        var warmUp = new NabFile(name, [], series.Values).Probation;
                        return new LabelledSeries(
                            name,
                            table.Slice(0, warmUp),
                            table.Slice(warmUp, table.Rows),
                            0,
                            warmUp,
                            labels,
                            DominantPeriod.Of(series.Values)
                        );
                    }
                )),
        ];
    }
}
