using Dapr.Anomaly.Cli.Evaluate;

namespace Dapr.Anomaly.Cli.Tests.Evaluate;

public sealed class FiguresTests
{
    [Fact]
    public void Compare_PublishedTable_PairsFileByFile()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, ["file,POLY,SR,ts_len", "001_NAB_x.csv,0.4,0.1,10", "002_NAB_y.csv,0.2,0.3,10", "003_NAB_z.csv,0.9,0.9,10"]);

            var compared = PublishedTable.Compare(path, new Dictionary<int, double> { [1] = 0.5, [2] = 0.5 });

            Assert.Equal(["POLY", "SR"], compared.Keys);
            Assert.Equal((0.3, 0.2), (compared["POLY"].Mean, compared["POLY"].Difference), Rounded);
            Assert.Equal(0.1, compared["POLY"].StandardError, 1e-12);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void BudgetRecall_FalseAlarmAboveTheFault_FindsNothingBeyondTheBudget()
    {
        // One and a half days of minutes and a hundred channels: one false alarm is within the budget, two are not.
        var cheap = Result(rows: 2160, channels: 100, falsePeaks: 1);
        var dear = Result(rows: 2160, channels: 100, falsePeaks: 2);

        Assert.Equal(1, BudgetRecall.Of([cheap], Methods.Product).EventRecall);
        Assert.Equal(0, BudgetRecall.Of([dear], Methods.Product).EventRecall);
    }

    [Fact]
    public void PointAdjusted_LongEvent_PraisesNoise()
    {
        var result = Result(rows: 2000, channels: 1, falsePeaks: 0, eventRows: 400);

        Assert.InRange(PointAdjusted.Of([result])[Methods.Random].PaF1, 0.8, 1);
    }

    private static readonly IEqualityComparer<(double, double)> Rounded = EqualityComparer<(double, double)>.Create(
        (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-12
    );

    /// <summary>An event with a score of 1 in a series whose false peaks reach 2, 3, …</summary>
    private static SeriesResult Result(int rows, int channels, int falsePeaks, int eventRows = 10)
    {
        var (labels, scores) = (new bool[rows], new double[rows]);
        labels.AsSpan(500, eventRows).Fill(true);
        scores[500] = 1;
        for (var i = 0; i < falsePeaks; i++)
            scores[900 + 100 * i] = 2 + i;
        var random = new Core.Numerics.Xoshiro256(1);
        double[] noise = [.. scores.Select(_ => random.NextDouble())];
        return new(
            "one",
            TimeSpan.FromMinutes(1),
            labels,
            0,
            10,
            channels,
            rows,
            TimeSpan.Zero,
            TimeSpan.Zero,
            new Dictionary<string, SeriesFigures>(),
            new Dictionary<string, (double[], bool[])> { [Methods.Product] = (scores, new bool[rows]), [Methods.Random] = (noise, new bool[rows]) },
            new Dictionary<string, long>(),
            []
        );
    }
}
