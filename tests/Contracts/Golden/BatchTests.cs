using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Golden;

/// <summary>Samples and rows: the binary forms, and the JSON twin of a batch.</summary>
public class BatchTests
{
    private static readonly MetricBatch Batch = new(1, 2, Examples.Table);

    [Fact]
    public void MetricBatch_Binary_IsTheGoldenFileBothWays()
    {
        GoldenFile.AssertIs("metric-batch.v1.pb", Batch.ToBytes());
        AssertIsExample(MetricBatch.FromBytes(GoldenFile.Read("metric-batch.v1.pb")));
    }

    [Fact]
    public void MetricBatch_Json_IsTheGoldenFileBothWays()
    {
        GoldenFile.AssertIsJson("metric-batch.v1.json", Batch.ToJson());
        AssertIsExample(MetricBatch.FromJson(GoldenFile.Read("metric-batch.v1.json")));
    }

    [Fact]
    public void SampleTable_Binary_IsTheGoldenFileBothWays()
    {
        GoldenFile.AssertIs("sample-table.v1.pb", SampleTableWire.ToBytes(Examples.Table));
        AssertIsExample(SampleTableWire.FromBytes(GoldenFile.Read("sample-table.v1.pb")));
    }

    [Fact]
    public void ScoreRows_Binary_AreTheGoldenFileBothWays()
    {
        GoldenFile.AssertIs("score-rows.v1.pb", RowsWire.ToBytes(Examples.Rows));

        var read = RowsWire.FromBytes(GoldenFile.Read("score-rows.v1.pb"));

        Assert.Equal(Examples.Rows.Count, read.Count);
        foreach (var (expected, row) in Examples.Rows.Zip(read))
        {
            Assert.Equal(expected with { Features = default, Recent = default }, row with { Features = default, Recent = default });
            Assert.Equal(expected.Features.ToArray(), row.Features.ToArray());
            Assert.Equal(expected.Recent.ToArray(), row.Recent.ToArray());
        }
    }

    [Fact]
    public void RowScores_Binary_AreTheGoldenFileBothWays()
    {
        GoldenFile.AssertIs("row-scores.v1.pb", RowScoresWire.ToBytes("7", Examples.RowScores));

        var (version, scores) = RowScoresWire.FromBytes(GoldenFile.Read("row-scores.v1.pb"), Examples.Rows);

        Assert.Equal("7", version);
        Assert.Equivalent(Examples.RowScores, scores, strict: true);
    }

    private static void AssertIsExample(MetricBatch batch)
    {
        Assert.Equal((Batch.Shard, Batch.Part), (batch.Shard, batch.Part));
        AssertIsExample(batch.Samples);
    }

    private static void AssertIsExample(SampleTable table)
    {
        Assert.Equal((Examples.Table.Start, Examples.Table.Step, Examples.Table.Columns), (table.Start, table.Step, table.Columns));
        Assert.Equal(Examples.Table.Series, table.Series);
        for (var row = 0; row < table.Series.Count; row++)
            Assert.Equal(Examples.Table.Row(row), table.Row(row));
    }
}
