using System.Globalization;
using System.IO.Compression;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

public class DominantPeriodTests
{
    [Fact]
    public void Of_EveryHeldSeries_IsTheBenchmarksWindow()
    {
        var rows = File.ReadLines(GoldenData.Large("golden/find_length_rank.csv")).Skip(1).Select(l => l.Split(',')).ToList();
        Assert.Equal(69, rows.Count);
        foreach (var row in rows)
        {
            var period = DominantPeriod.Of(Values(row[0]));

            Assert.True(int.Parse(row[2], CultureInfo.InvariantCulture) == period, $"{row[0]}: expected {row[2]}, got {period}");
        }
    }

    [Fact]
    public void Of_ConstantSeries_IsTheDefault() => Assert.Equal(DominantPeriod.Default, DominantPeriod.Of(new double[1000]));

    /// <param name="name">Such as <c>nab:realTraffic/speed_6005.csv</c>, <c>smd:machine-1-6/test m1</c> or <c>tsb_ad:001_NAB_id_1</c>.</param>
    private static double[] Values(string name)
    {
        var (set, series) = (name.Split(':')[0], name.Split(':')[1]);
        return set switch
        {
            "nab" => Column(File.ReadAllLines(GoldenData.Large($"nab/data/{series}")), 1),
            "tsb_ad" => Column(
                File.ReadAllLines(Directory.GetFiles(GoldenData.Large("tsb_ad"), $"{series}*.csv", SearchOption.AllDirectories).Single()),
                0
            ),
            _ => Column(Unpacked($"{set}/{series.Split(' ')[0]}.csv.gz"), 0),
        };
    }

    private static string[] Unpacked(string file)
    {
        using var packed = File.OpenRead(GoldenData.Large(file));
        using var text = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        return text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static double[] Column(string[] lines, int column) =>
        [.. lines.Skip(1).Select(l => double.Parse(l.Split(',')[column], CultureInfo.InvariantCulture))];
}
