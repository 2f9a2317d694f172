using System.Net.Http.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>Two replicas of the featurizer share the shards of an installation.</summary>
public sealed class ShardingTests(SmallModel model) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Batches_OfFourShards_ReachTheReplicaThatOwnsThem()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        List<HttpClient> replicas = [];
        for (var replica = 0; replica < 2; replica++)
        {
            var (app, _) = await dapr.AddAsync(
                $"{Apps.Featurizer}-{replica}",
                FeaturizerHost.Build,
                "--ANOMALY_SHARDS=4",
                "--ANOMALY_REPLICAS=2",
                $"--ANOMALY_REPLICA={replica}"
            );
            replicas.Add(new HttpClient { BaseAddress = new Uri(app.Urls.First()) });
        }
        using var client = await dapr.ClientAsync();
        var (sharding, table) = (new Sharding(4, 1, 0), model.Batch(2).Samples);
        foreach (var shard in Enumerable.Range(0, table.Series.Count).GroupBy(row => sharding.ShardOf(table.Series[row].Series.Id)))
            await client.PublishByteEventAsync(
                Topics.PubSub,
                Topics.MetricBatches(shard.Key),
                new MetricBatch(shard.Key, 0, table.Slice([.. shard], 0, 2)).ToBytes(),
                MetricBatch.BinaryMediaType
            );

        await Eventually.TrueAsync(
            async () => (await SeriesAsync(replicas[0])).Count + (await SeriesAsync(replicas[1])).Count == table.Series.Count,
            "all series are somewhere",
            60
        );

        for (var replica = 0; replica < 2; replica++)
            Assert.All(await SeriesAsync(replicas[replica]), id => Assert.Equal(replica, sharding.ShardOf(id) % 2));
        Assert.NotEmpty(await SeriesAsync(replicas[0]));
        Assert.NotEmpty(await SeriesAsync(replicas[1]));
    }

    [Theory]
    [InlineData(1, 1, new[] { 0 })]
    [InlineData(5, 2, new[] { 0, 2, 4 })]
    public void Owned_ShardsOfTheFirstReplica_AreEveryNth(int shards, int replicas, int[] owned) =>
        Assert.Equal(owned, new Sharding(shards, replicas, 0).Owned);

    [Fact]
    public void Owned_ByAllReplicas_IsEachShardOnce() =>
        Assert.Equal(Enumerable.Range(0, 7), Enumerable.Range(0, 3).SelectMany(r => new Sharding(7, 3, r).Owned).Order());

    private static async Task<IReadOnlyList<SeriesId>> SeriesAsync(HttpClient replica) =>
        [.. (await replica.GetFromJsonAsync<SeriesPageV1>("v1/series?limit=1000", MessageJson.Options))!.Series.Select(s => s.Series.Id)];
}
