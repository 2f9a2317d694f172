using System.Text;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>What can never be handled: a dead letter with its reason at once, at the service's own route, and nothing waits behind it.</summary>
public sealed class RefusedMessagesTests(SmallModel model) : IDisposable
{
    private const string Json = "application/json";
    private const string CloudEvent = "application/cloudevents+json";

    private static readonly (string Content, string ContentType, string Reason)[] Garbage =
    [
        ("""{"garbage":1}""", Json, "metric batch: $"),
        ("", Json, "metric batch: $"),
        ("null", Json, "metric batch: null"),
        ("[]", Json, "metric batch: $"),
        (Batch(columns: "null"), Json, "metric batch: $"),
        (Batch(columns: "[null]"), Json, "columns: entry 0 is null"),
        (Batch(columns: "[[1,2]]"), Json, "columns[0] has 2 values for 1 series"),
        (Batch(series: "[null]"), Json, "series: entry 0 is null"),
        (Batch(series: """[{"signal":7,"labels":{}}]"""), Json, "$.series[0].signal: 7"),
        (Batch(series: """[{"signal":0,"labels":{"a":null}}]"""), Json, "labels: entry 0 is null"),
        (Batch(kind: "7"), Json, "$.signals[0].kind"),
        (Batch(kind: "\"cpus\""), Json, "$.signals[0].kind"),
        (Batch(step: "1e300"), Json, "$.stepSeconds: 1E+300"),
        (Batch(step: "0"), Json, "$.stepSeconds: 0"),
        (Batch(start: "9999-12-31T23:59:59Z"), Json, "times lie between 1970 and 2200"),
        (Batch(minimum: "-1"), Json, "minDevFromExpected: -1"),
        ("no batch", MetricBatch.BinaryMediaType, "metric batch: "),
        ("{", CloudEvent, "not a CloudEvent: "),
        ("[]", CloudEvent, ""),
        ("""{"specversion":"1.0","data_base64":"not base64!","datacontenttype":"application/octet-stream"}""", CloudEvent, ""),
        ("<html>", "text/html", "metric batch: "),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Garbage_OfEveryKind_IsADeadLetterWithItsReasonAndTheNextBatchIsScored()
    {
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, new FakeTimeProvider(model.End), model);
        var listener = await Listener<DeadLetterV1>.StartAsync(featurizer.Dapr, Topics.DeadLetters);

        foreach (var (content, contentType, _) in Garbage)
            await featurizer.DeliverAsync(Encoding.UTF8.GetBytes(content), contentType);
        await featurizer.DeliverAsync(model.Batch(300));

        Assert.Equal(model.End - model.Step, (await featurizer.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
        await Eventually.TrueAsync(() => listener.Heard.Count == Garbage.Length, "every one is a dead letter");
        foreach (var (content, contentType, reason) in Garbage)
            Assert.Contains(
                listener.Heard,
                l =>
                    l.ContentType == contentType
                    && l.Reason.Contains(reason, StringComparison.Ordinal)
                    && Encoding.UTF8.GetString(l.Content) == content
            );
        Assert.Equal(
            Garbage.Length,
            await featurizer.MetricAsync("anomaly_detector_refused_messages_total{topic=\"metric-batches-0\",app=\"featurizer\"}")
        );
    }

    [Fact]
    public async Task Number_ThatIsNoMeasurement_IsRefusedAndTheRestOfTheBatchIsTaken()
    {
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, new FakeTimeProvider(model.End), model);
        var table = model.Batch(1).Samples;
        double[] values =
        [
            .. table.Series.Select(
                (_, i) =>
                    i == 0 ? 1e300
                    : i == 1 ? double.PositiveInfinity
                    : i
            ),
        ];

        await featurizer.DeliverAsync(new MetricBatch(0, 0, new(table.Start, table.Step, 1, table.Series, values)));

        Assert.Equal(table.Series.Count - 2, (await featurizer.SummaryAsync()).Series);
        Assert.Equal(2, await featurizer.MetricAsync("anomaly_detector_refused_samples_total{reason=\"number\",app=\"featurizer\"}"));
    }

    private static string Batch(
        string columns = "[[1]]",
        string series = """[{"signal":0,"labels":{}}]""",
        string kind = "\"cpu\"",
        string step = "15",
        string start = "2026-01-05T12:00:00Z",
        string minimum = "0"
    ) =>
        $$"""
            {"shard":0,"part":0,"start":"{{start}}","stepSeconds":{{step}},"signals":[{"name":"a","kind":{{kind}},"minDevFromExpected":{{minimum}}}],
            "series":{{series}},"columns":{{columns}}}
            """;
}
