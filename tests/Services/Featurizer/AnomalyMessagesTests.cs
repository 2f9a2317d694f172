using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Path;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>Anomalies of a collection in messages that a broker takes.</summary>
public sealed class AnomalyMessagesTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void First_SeveralColumnsOfACollection_TravelInOneMessage()
    {
        var (messages, columns) = AnomalyMessages.First([Column(0, 2), Column(1, 0), Column(2, 1)]);

        Assert.Equal(3, columns);
        var message = Assert.Single(messages);
        Assert.Equal((At.AddSeconds(30), 1), (message.Timestamp, message.Anomalies.Count));
        Assert.Equal([At, At.AddSeconds(15), At.AddSeconds(30)], message.ByTime().Select(b => b.Timestamp));
        Assert.Equal([2, 0, 1], message.ByTime().Select(b => b.Anomalies.Count));
        Assert.All(message.ByTime(), b => Assert.Null(b.Earlier));
    }

    [Fact]
    public void First_ColumnsOfAnotherModel_TravelInTheirOwnMessage()
    {
        var (messages, columns) = AnomalyMessages.First([Column(0, 1), Column(1, 1) with { ModelVersion = "8" }]);
        Assert.Equal(1, columns);
        Assert.Null(Assert.Single(messages).Earlier);
    }

    /// <summary>A cluster-wide outage: every series is anomalous at once.</summary>
    [Fact]
    public void First_AColumnThatIsTooLarge_IsSplitIntoPartsOfTheirOwn()
    {
        var column = Column(0, 10_000);

        var (messages, columns) = AnomalyMessages.First([column, Column(1, 1)]);

        Assert.Equal(1, columns);
        Assert.All(messages, m => Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(m, MessageJson.Options).Length, 1, AnomalyMessages.MaxBytes));
        Assert.Equal(messages.Count, messages.Select(m => m.Part).Distinct().Count());
        Assert.Equal(column.Part, messages[0].Part);
        Assert.Equal(column.Anomalies, messages.SelectMany(m => m.Anomalies));
    }

    [Fact]
    public async Task Run_WhileTheBrokerIsAway_KeepsWhatItDidNotTakeAndTellsItLater()
    {
        var topic = new BrokenTopic { Fails = true };
        var publish = new PublishAnomalies(topic, new StageMeter(new ServiceMetrics(new AppIdentity("test"))));
        var shard = new Shard(0, SeriesLimits.Default);
        publish.Add(shard, new(0, 0), At, "7", []);
        publish.Add(shard, new(0, 0), At.AddSeconds(15), "7", []);

        await Assert.ThrowsAsync<DaprException>(() => publish.RunAsync(shard, CancellationToken.None));
        Assert.Equal(2, shard.Unpublished.Count);
        topic.Fails = false;
        await publish.RunAsync(shard, CancellationToken.None);

        Assert.Empty(shard.Unpublished);
        Assert.Equal([At, At.AddSeconds(15)], topic.Published.SelectMany(b => b.ByTime()).Select(b => b.Timestamp));
    }

    private static AnomalyBatchV1 Column(int step, int anomalies) =>
        new(1, 2, At.AddSeconds(15 * step), "7", [.. Enumerable.Range(0, anomalies).Select(Anomaly)]);

    private static AnomalyV1 Anomaly(int i) =>
        new(
            new("cpu", SignalKind.Cpu, "cores", new([new("namespace", "shop"), new("workload", $"a-long-name-of-a-workload-{i}")])),
            new(At, 1, 3, Decision.Anomalous, 1, 0, 2, SeriesState.Ok, null, [new("forest", 3)], [new("robust_z", 1)])
        );

    private sealed class BrokenTopic : IAnomalyTopic
    {
        public bool Fails { get; set; }

        public List<AnomalyBatchV1> Published { get; } = [];

        public Task PublishAsync(AnomalyBatchV1 batch, CancellationToken cancellationToken)
        {
            if (Fails)
                throw new DaprException("no broker");
            Published.Add(batch);
            return Task.CompletedTask;
        }
    }
}
