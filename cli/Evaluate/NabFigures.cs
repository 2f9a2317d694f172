using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The three normalised totals of the Numenta scoreboard: 0 says nothing, 100 is perfect.</summary>
internal sealed record NabFigures(double Standard, double LowFp, double LowFn)
{
    /// <summary>At the threshold that is best for the corpus, one for each profile, on onset rows.</summary>
    public static NabFigures AtBest(IReadOnlyList<SeriesResult> series, string method)
    {
        var files = Files(series, method, run => Onsets.Of(run.Scores));
        return Of(profile => new NabScore(profile).Best(files));
    }

    /// <summary>With the method's own frozen rule: the rows at which its alarms fire.</summary>
    public static NabFigures AtFrozen(IReadOnlyList<SeriesResult> series, string method)
    {
        var files = Files(series, method, run => Onsets.Of(run.InAlarm));
        return Of(profile => new NabScore(profile).Of(files, 1));
    }

    private static NabFigures Of(Func<NabProfile, NabTotal> total) =>
        new(total(NabProfile.Standard).Normalised, total(NabProfile.LowFalsePositives).Normalised, total(NabProfile.LowFalseNegatives).Normalised);

    private static List<NabFile> Files(IReadOnlyList<SeriesResult> series, string method, Func<(double[] Scores, bool[] InAlarm), double[]> onsets) =>
        [.. series.Select(s => new NabFile(s.Name, LabelledEvent.In(s.Labels), onsets(s.Runs[method])))];
}
