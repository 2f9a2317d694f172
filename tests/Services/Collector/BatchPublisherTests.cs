using CsCheck;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

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
        Assert.Equal([0, 1], heard[0].Select(b => b.Part).Order());
        Assert.Equal(Series, heard[0].SelectMany(b => b.Samples.Series).Select(s => s.Series.Id).Distinct().Count());
    }

    [Fact]
    public async Task Publish_SeveralSteps_ComeInOneMessageForEachShard()
    {
        var table = Table(200, 4);
        var heard = await PublishAsync(table, shards: 2, until: h => h.Count == 1);
        var sharding = new Sharding(2, 1, 0);
        for (var shard = 0; shard < 2; shard++)
        {
            var samples = Assert.Single(heard[shard]).Samples;
            Assert.Equal((Start, 4), (samples.Start, samples.Columns));
            Assert.All(samples.Series, s => Assert.Equal(shard, sharding.ShardOf(s.Series.Id)));
        }
        Assert.Equal(200, heard.Sum(b => b[0].Samples.Series.Count));
    }

    [Fact]
    public async Task Publish_SamplesThatAreMissing_StayMissingAndSilentSeriesAreNotSent()
    {
        var table = new SampleTable(Start, Step, 2, Table(3, 2).Series, [1, double.NaN, 2, 3, double.NaN, double.NaN]);
        var samples = Assert.Single((await PublishAsync(table, shards: 1, until: h => h.Count == 1))[0]).Samples;
        Assert.Equal([1, double.NaN], samples.Row(0).ToArray());
        Assert.Equal([2, 3], samples.Row(1).ToArray());
        Assert.Equal(2, samples.Series.Count);
    }

    /// <summary>The attack of the review: one shard, 40,000 series with labels as Kubernetes writes them.</summary>
    [Fact]
    public async Task Publish_FortyThousandSeriesOfOneShard_AllArrive()
    {
        const int Series = 40_000;
        var table = Table(Series, 1, i => $"{i:x8}-{new string('p', 240)}");

        var heard = await PublishAsync(table, shards: 1, until: h => h.Sum(b => b.Samples.Series.Count) == Series);

        Assert.Equal(Series, heard[0].SelectMany(b => b.Samples.Series).Select(s => s.Series.Id).Distinct().Count());
        Assert.Equal(heard[0].Count, heard[0].Select(b => b.Part).Distinct().Count());
    }

    [Fact]
    public void Parts_OfAnyTable_AreAtMostSoManyBytesAndHoldEverySeries() =>
        Gen.Select(Gen.Int[1, 3_000], Gen.Int[1, 300], Gen.Int[1, 3], Gen.Int[0, 20_000])
            .Sample(
                (series, columns, labels, length) =>
                {
                    var table = Table(series, columns, i => $"{i}ü{new string('v', i % (length + 1))}", labels);
                    var (parts, tooLarge) = BatchParts.Of(table, Enumerable.Range(0, series));
                    Assert.Empty(tooLarge);
                    Assert.Equal(Enumerable.Range(0, series), parts.SelectMany(p => p));
                    foreach (var part in parts)
                        Assert.InRange(
                            new MetricBatch(0, 0, table.Slice(part, 0, Math.Min(columns, BatchParts.ColumnsOf(part.Length)))).ToBytes().Length,
                            1,
                            BatchParts.MaxMessageBytes
                        );
                },
                iter: 10
            );

    [Fact]
    public void Parts_OfASeriesThatNoMessageTakes_LeaveItOutAndNoOther()
    {
        var table = Table(3, 1, i => i == 1 ? new string('x', 2 * BatchParts.MaxMessageBytes) : $"w{i}");
        var (parts, tooLarge) = BatchParts.Of(table, [0, 1, 2]);
        Assert.Equal([0, 2], Assert.Single(parts));
        Assert.Equal([1], tooLarge);
    }

    private async Task<IReadOnlyList<MetricBatch>[]> PublishAsync(SampleTable table, int shards, Func<IReadOnlyList<MetricBatch>, bool> until)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        List<Listener<MetricBatch>> listeners = [];
        for (var shard = 0; shard < shards; shard++)
            listeners.Add(await Listener<MetricBatch>.StartAsync(dapr, Topics.MetricBatches(shard), content => MetricBatch.FromBytes(content.Span)));
        using var client = await dapr.ClientAsync();
        var metrics = new ServiceMetrics(new AppIdentity("test"));

        await new BatchPublisher(
            new Sharding(shards, 1, 0),
            client,
            new CollectorMetrics(metrics),
            new StageMeter(metrics),
            NullLogger<BatchPublisher>.Instance
        ).PublishAsync(table, 0, CancellationToken.None);

        await Eventually.TrueAsync(() => listeners.All(l => until(l.Heard)), "every batch arrives");
        return [.. listeners.Select(l => l.Heard)];
    }

    private static SampleTable Table(int series, int columns, Func<int, string>? workload = null, int labels = 1) =>
        new(
            Start,
            Step,
            columns,
            [
                .. Enumerable
                    .Range(0, series)
                    .Select(i => new WatchedSeries(
                        new(
                            "cpu",
                            SignalKind.Cpu,
                            "cores",
                            new(
                                Enumerable
                                    .Range(0, labels)
                                    .Select(l => new KeyValuePair<string, string>(l == 0 ? "workload" : $"l{l}", workload?.Invoke(i) ?? $"w{i}"))
                            )
                        ),
                        DetectionRule.Any
                    )),
            ],
            [.. Enumerable.Range(0, series * columns).Select(i => (double)i)]
        );
}
