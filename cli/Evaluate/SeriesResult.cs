using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>All methods on one series.</summary>
/// <param name="Figures">By the names of <see cref="Methods"/>.</param>
/// <param name="Runs">Evaluated scores and alarms of the product and the floors, by name.</param>
/// <param name="Unscored">Samples that the product gave no score, by the reason.</param>
/// <param name="Notes">What its training went without.</param>
internal sealed record SeriesResult(
    string Name,
    TimeSpan Step,
    bool[] Labels,
    int WarmUp,
    int LabelWindow,
    int Channels,
    int Streamed,
    TimeSpan FitTime,
    TimeSpan ScoreTime,
    IReadOnlyDictionary<string, SeriesFigures> Figures,
    IReadOnlyDictionary<string, (double[] Scores, bool[] InAlarm)> Runs,
    IReadOnlyDictionary<string, long> Unscored,
    IReadOnlyList<string> Notes
)
{
    public int Events => LabelledEvent.In(Labels).Count;
}
