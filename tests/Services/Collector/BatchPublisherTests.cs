using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Collector;

public sealed class BatchPublisherTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Publish_MoreSeriesThanOneMessageTakes_ComeInPartsAndNoneIsLost()
    {
        const int Series = 12_345;
        var heard = await PublishAsync(Table(Series, 1), shards: 1, until: h => h.Sum(b => b.Samples.Series.Count) == Series);
        Assert.Equal([0, 1], heard[0].Select(b => b.Part));
        Assert.Equal(Series, heard[0].SelectMany(b => b.Samples.Series).Select(s => s.Series.Id).Distinct().Count());
    }

    [Fact]
    public async Task Publish_SeveralColumns_ComeInTheOrderOfTimeInEachShard()
    {
        var table = Table(200, 4);
        var heard = await PublishAsync(table, shards: 2, until: h => h.Count == 4);
        foreach (var batches in heard)
            Assert.Equal(Enumerable.Range(0, 4).Select(table.TimeOf), batches.Select(b => b.Samples.Start));
        Assert.Equal(200, heard.Sum(b => b[0].Samples.Series.Count));
        var sharding = new Sharding(2, 1, 0);
        for (var shard = 0; shard < 2; shard++)
            Assert.All(heard[shard].SelectMany(b => b.Samples.Series), s => Assert.Equal(shard, sharding.ShardOf(s.Series.Id)));
    }

    [Fact]
    public async Task Publish_SamplesThatAreMissing_AreNotSent()
    {
        var table = new SampleTable(Start, Step, 2, Table(2, 2).Series, [1, double.NaN, 2, 3]);
        var heard = (await PublishAsync(table, shards: 1, until: h => h.Count == 2))[0];
        Assert.Equal([2, 1], heard.Select(b => b.Samples.Series.Count));
        Assert.Equal(3, heard[1].Samples[0, 0]);
    }

    private async Task<IReadOnlyList<MetricBatch>[]> PublishAsync(SampleTable table, int shards, Func<IReadOnlyList<MetricBatch>, bool> until)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        List<Listener<MetricBatch>> listeners = [];
        for (var shard = 0; shard < shards; shard++)
            listeners.Add(await Listener<MetricBatch>.StartAsync(dapr, Topics.MetricBatches(shard), content => MetricBatch.FromBytes(content.Span)));
        using var client = await dapr.ClientAsync();
        var metrics = new ServiceMetrics(new AppIdentity("test"));

        await new BatchPublisher(new Sharding(shards, 1, 0), client, new CollectorMetrics(metrics), new StageMeter(metrics)).PublishAsync(
            table,
            CancellationToken.None
        );

        await Eventually.TrueAsync(() => listeners.All(l => until(l.Heard)), "every batch arrives");
        return [.. listeners.Select(l => l.Heard)];
    }

    private static SampleTable Table(int series, int columns) =>
        new(
            Start,
            Step,
            columns,
            [
                .. Enumerable
                    .Range(0, series)
                    .Select(i => new WatchedSeries(new("cpu", SignalKind.Cpu, "cores", new([new("workload", $"w{i}")])), DetectionRule.Any)),
            ],
            [.. Enumerable.Range(0, series * columns).Select(i => (double)i)]
        );
}
