using Dapr.Anomaly.Cli.Evaluate.Protocols;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The parts of the TSB protocol: 14 NAB files, the 11 of them that do not end inside a window, and two machines.</summary>
internal static class TsbGroups
{
    /// <summary>Files that end with their anomaly, where the index of the row is already a good score.</summary>
    private static readonly int[] EndInsideAWindow = [13, 23, 26];

    /// <returns>The series that the headline mean is taken over: the univariate ones.</returns>
    public static IReadOnlyList<SeriesResult> Add(
        string folder,
        IReadOnlyList<SeriesResult> series,
        Dictionary<string, IReadOnlyDictionary<string, SeriesFigures>> groups,
        Dictionary<string, IReadOnlyDictionary<string, PairedFigures>> published
    )
    {
        var byName = series.ToDictionary(s => s.Name);
        var univariate = TsbProtocol.Univariate.ToDictionary(u => u.Id, u => byName[TsbProtocol.NameOf(u.Id, u.File)]);
        var multivariate = TsbProtocol.Multivariate.ToDictionary(m => m.Id, m => byName[TsbProtocol.NameOf(m.Id, m.Machine)]);
        groups["nab_14"] = EvaluationRun.Mean(univariate.Values);
        groups["nab_11"] = EvaluationRun.Mean([.. univariate.Where(u => !EndInsideAWindow.Contains(u.Key)).Select(u => u.Value)]);
        groups["smd_2"] = EvaluationRun.Mean(multivariate.Values);
        Compare("nab_14_published", "uni_mergedTable_VUS-PR.csv", univariate);
        Compare("smd_2_published", "multi_mergedTable_VUS-PR.csv", multivariate);
        return [.. univariate.Values];

        void Compare(string name, string table, Dictionary<int, SeriesResult> ours)
        {
            var path = Path.Combine(folder, "tsb_ad", table);
            if (File.Exists(path))
                published[name] = PublishedTable.Compare(path, ours.ToDictionary(o => o.Key, o => o.Value.Figures[Methods.Product].VusPr));
        }
    }
}
