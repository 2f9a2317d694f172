using System.Globalization;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

/// <summary>Labels and scores with the metrics that the benchmark's own code gives them.</summary>
/// <param name="Expected">By the names of the columns of <c>expected_metrics.csv</c>.</param>
internal sealed record GoldenVector(int Window, bool[] Labels, double[] Scores, IReadOnlyDictionary<string, double> Expected)
{
    public static GoldenVector Read(string name)
    {
        var table = File.ReadAllLines(GoldenData.Large("golden/expected_metrics.csv"));
        var row = table.Single(l => l.StartsWith(name + ',', StringComparison.Ordinal)).Split(',');
        var expected = table[0].Split(',').Zip(row).Skip(1).ToDictionary(p => p.First, p => Number(p.Second));
        var rows = File.ReadLines(GoldenData.Large($"golden/{name}.csv")).Skip(1).Select(l => l.Split(',')).ToList();
        return new((int)expected["max_window"], [.. rows.Select(r => r[0] == "1")], [.. rows.Select(r => Number(r[1]))], expected);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
