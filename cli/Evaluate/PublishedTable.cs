using Dapr.Anomaly.Cli.Evaluate.Protocols;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The product against one published method on the same files.</summary>
/// <param name="Mean">VUS-PR of the method, as published.</param>
/// <param name="Difference">Mean of the product's VUS-PR minus the method's, file by file.</param>
/// <param name="StandardError">Of that mean.</param>
internal sealed record PairedFigures(double Mean, double Difference, double StandardError);

/// <summary>Published VUS-PR of the TSB-AD benchmark, by file and method.</summary>
internal static class PublishedTable
{
    private const string FirstStatistic = "ts_len";

    /// <param name="path">A merged table of the benchmark.</param>
    /// <param name="ours">VUS-PR of the product, by the number of the file in the benchmark's list.</param>
    public static IReadOnlyDictionary<string, PairedFigures> Compare(string path, IReadOnlyDictionary<int, double> ours)
    {
        var rows = DataFile.Cells(path);
        var methods = rows[0].AsSpan(1, Array.IndexOf(rows[0], FirstStatistic) - 1).ToArray();
        var files = rows.Skip(1).ToDictionary(r => (int)DataFile.Number(path, 0, r[0].Split('_')[0]));
        Dictionary<string, PairedFigures> compared = [];
        for (var m = 0; m < methods.Length; m++)
        {
            double[] theirs = [.. ours.Keys.Select(id => DataFile.Number(path, 0, files[id][m + 1]))];
            double[] differences = [.. ours.Values.Zip(theirs, (a, b) => a - b)];
            var paired = Moments.Of(differences);
            compared[methods[m]] = new(theirs.Average(), paired.Mean, paired.StandardError);
        }
        return compared;
    }
}
