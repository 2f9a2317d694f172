using System.Net.Http.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>The path of a sample on embedded Dapr: batches by pub/sub, scores by invocation, anomalies by pub/sub.</summary>
public sealed class SamplePathTests(SmallModel model) : IDisposable
{
    private const int Columns = 300;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Batch_WithAFault_IsScoredDecidedAndPublished(bool asJson)
    {
        await using var dapr = await StartAsync();
        var listener = await Listener<AnomalyBatchV1>.StartAsync(dapr, Topics.Anomalies);
        using var client = await dapr.ClientAsync();

        await PublishAsync(client, model.Batch(Columns, i => i == 4 ? 3 : 1), asJson);

        await Eventually.TrueAsync(() => listener.Heard.Any(b => b.Timestamp == model.End - model.Step), "the last column is published", 60);
        var last = listener.Heard.Single(b => b.Timestamp == model.End - model.Step);
        var anomaly = last.Anomalies.Single(a => a.Series.Id == model.Series[4].Identity.Id);
        Assert.Equal(Decision.Anomalous, anomaly.Score.Decision);
        Assert.True(anomaly.Score.AnomalyScore > 1 && anomaly.Score.Value > anomaly.Score.Upper, $"{anomaly.Score}");
        Assert.Equal(MemberName.All, anomaly.Score.Votes.Select(v => v.Member));
        Assert.NotEmpty(anomaly.Score.Why);
        Assert.Equal("1", last.ModelVersion);
    }

    [Fact]
    public async Task Batch_WhoseRuleLooksDown_KeepsTheScoreAndIgnoresTheRise()
    {
        await using var dapr = await StartAsync();
        using var client = await dapr.ClientAsync();

        await PublishAsync(
            client,
            model.Batch(Columns, i => i == 4 ? 3 : 1, i => new(i == 4 ? DetectionDirection.BelowExpected : DetectionDirection.Both))
        );

        var score = await ScoreOfAsync(client, 4);
        Assert.Equal(Decision.Ignored, score.Decision);
        Assert.True(score.AnomalyScore > 1, $"{score.AnomalyScore}");
        Assert.Equal("above the expectation does not matter here", score.Reason);
    }

    [Fact]
    public async Task Batch_ThatComesAgain_ChangesNothing()
    {
        await using var dapr = await StartAsync();
        var listener = await Listener<AnomalyBatchV1>.StartAsync(dapr, Topics.Anomalies);
        using var client = await dapr.ClientAsync();
        var batch = model.Batch(Columns);

        await PublishAsync(client, batch);
        await Eventually.TrueAsync(() => listener.Heard.Any(b => b.Timestamp == model.End - model.Step), "the last column is published", 60);
        var heard = listener.Heard.Count;
        await PublishAsync(client, batch);
        await PublishAsync(client, After(batch));

        await Eventually.TrueAsync(() => listener.Heard.Any(b => b.Timestamp == model.End), "the next batch is published", 60);
        Assert.Equal(heard + 1, listener.Heard.Count);
    }

    [Fact]
    public async Task Batch_WhileInferenceIsAway_IsScoredWhenItIsBack()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry);
        await dapr.AddAsync(Apps.Featurizer, BuildAtTheEnd);
        using var client = await dapr.ClientAsync();
        await ReadyAsync(client);
        await PublishAsync(client, model.Batch(Columns));
        await Eventually.TrueAsync(async () => (await SummaryAsync(client)).Series == model.Series.Count, "the samples are in their windows", 60);

        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);

        Assert.Equal(model.End - model.Step, (await ScoreOfAsync(client, 4)).Timestamp);
    }

    [Fact]
    public async Task Message_ThatIsNoBatch_IsKeptWithItsReasonAndHoldsNothingUp()
    {
        await using var dapr = await StartAsync();
        var listener = await Listener<DeadLetterV1>.StartAsync(dapr, Topics.DeadLetters);
        using var client = await dapr.ClientAsync();

        await client.PublishEventAsync(Topics.PubSub, Topics.MetricBatches(0), new { garbage = 1 });
        await client.PublishByteEventAsync(Topics.PubSub, Topics.MetricBatches(0), "no batch"u8.ToArray(), MetricBatch.BinaryMediaType);
        await PublishAsync(client, model.Batch(Columns) with { Shard = 3 }, topicShard: 0);
        await PublishAsync(client, model.Batch(Columns));

        Assert.Equal(model.End - model.Step, (await ScoreOfAsync(client, 4)).Timestamp);
        await Eventually.TrueAsync(() => listener.Heard.Count == 3, "three dead letters");
        Assert.Equal(
            ["metric batch", "metric batch", "shard 3 is not owned by this replica (it owns 0)"],
            listener.Heard.Select(l => l.Reason.Split([':', ';'])[0]).Order()
        );
        Assert.All(listener.Heard, l => Assert.Equal((Apps.Featurizer, "metric-batches-0"), (l.App, l.Topic)));
    }

    [Fact]
    public async Task Series_BySelector_HasTheLatestScore()
    {
        await using var dapr = await StartAsync();
        using var client = await dapr.ClientAsync();
        await PublishAsync(client, model.Batch(Columns));
        await ScoreOfAsync(client, 4);
        var http = client.CreateInvokableHttpClient(Apps.Featurizer);

        var page = await http.GetFromJsonAsync<SeriesPageV1>(
            "v1/series?limit=5&match=" + Uri.EscapeDataString("metric{namespace=\"shop\"}"),
            MessageJson.Options
        );
        var rest = await http.GetFromJsonAsync<SeriesPageV1>($"v1/series?limit=1000&match=metric&after={page!.Next}", MessageJson.Options);

        Assert.Equal(5, page.Series.Count);
        Assert.Null(rest!.Next);
        var ids = page.Series.Concat(rest.Series).Select(s => s.Series.Id).ToList();
        Assert.Equal(model.Series.Take(12).Select(s => s.Identity.Id).OrderBy(i => i.Fingerprint), ids);
        Assert.All(page.Series, s => Assert.Equal((SeriesState.Ok, Decision.Normal), (s.State, s.Score!.Decision)));
    }

    [Theory]
    [InlineData("match=%7B", "match: expected a label name")]
    [InlineData("limit=0", "limit: 0 is outside 1 to 1000")]
    [InlineData("after=x", "is not the next of a page")]
    public async Task Series_AskedWrongly_SaysWhatIsWrong(string query, string detail)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Featurizer, BuildAtTheEnd);
        using var client = await dapr.ClientAsync();
        using var response = await client.CreateInvokableHttpClient(Apps.Featurizer).GetAsync($"v1/series?{query}");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(detail, await response.Content.ReadAsStringAsync());
    }

    /// <summary>On a clock that stands where the samples end.</summary>
    private WebApplication BuildAtTheEnd(string[] args) => FeaturizerHost.Build(args, new FakeTimeProvider(model.End));

    private async Task<TestDapr> StartAsync()
    {
        var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry);
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        await dapr.AddAsync(Apps.Featurizer, BuildAtTheEnd);
        using var client = await dapr.ClientAsync("starter");
        await ReadyAsync(client);
        await Eventually.TrueAsync(
            async () =>
                (await client.CreateInvokableHttpClient(Apps.Inference).GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version
                    is not null,
            "the model is served"
        );
        return dapr;
    }

    private static async Task PublishAsync(DaprClient client, MetricBatch batch, bool asJson = false, int? topicShard = null) =>
        await client.PublishByteEventAsync(
            Topics.PubSub,
            Topics.MetricBatches(topicShard ?? batch.Shard),
            asJson ? batch.ToJson() : batch.ToBytes(),
            asJson ? "application/json" : MetricBatch.BinaryMediaType
        );

    private static MetricBatch After(MetricBatch batch)
    {
        var (table, last) = (batch.Samples, batch.Samples.Columns - 1);
        double[] values = [.. Enumerable.Range(0, table.Series.Count).Select(row => table[row, last])];
        return batch with { Samples = new(table.TimeOf(last + 1), table.Step, 1, table.Series, values) };
    }

    private Task<ScoreV1> ScoreOfAsync(DaprClient client, int series)
    {
        var match = Uri.EscapeDataString($"{{workload=\"w{series}\"}}");
        return Eventually.GetAsync(
            async () =>
            {
                var http = client.CreateInvokableHttpClient(Apps.Featurizer);
                var page = await http.GetFromJsonAsync<SeriesPageV1>($"v1/series?match={match}", MessageJson.Options);
                return page!.Series is [{ Score: { } score }] && score.Timestamp == model.End - model.Step ? score : null;
            },
            "the newest sample is scored",
            60
        );
    }

    private static async Task<SummaryV1> SummaryAsync(DaprClient client) =>
        (await client.CreateInvokableHttpClient(Apps.Featurizer).GetFromJsonAsync<SummaryV1>("v1/summary", MessageJson.Options))!;

    private static Task ReadyAsync(DaprClient client) =>
        Eventually.TrueAsync(async () => (await SummaryAsync(client)).Ready, "the windows have their history", 60);
}
