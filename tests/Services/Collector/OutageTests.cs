using System.Net.Http.Json;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.ConfigurationKeys;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Services.Tests.Collector;

/// <summary>One query that is not answered, in whatever way, leaves no hole and holds up no other.</summary>
public sealed class OutageTests : IDisposable
{
    private const string Yaml = "preset: none\nreader:\n  url: {0}\n  step: 1s\n  queries:\n    good: {{ expr: good }}\n    bad: {{ expr: bad }}\n";

    private readonly ConfiguredFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, string> Answers =>
        new()
        {
            { 400, """{"status":"error","errorType":"bad_data","error":"1:1: parse error: no"}""" },
            { 401, "" },
            { 403, "" },
            { 404, "not found" },
            { 418, "{}" },
            { 422, """{"status":"error","errorType":"execution","error":"found duplicate series for the match group"}""" },
            { 429, "" },
            { 500, "oops" },
            { 503, """{"status":"error","errorType":"timeout","error":"query timed out"}""" },
            { 302, "" },
            { 200, "<html>log in</html>" },
            { 200, """{"status":5}""" },
            { 200, "null" },
            { 200, "[]" },
            { 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":7},"values":[[1,"1"]]}]}}""" },
            { 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a","pod":"b"},"values":[[1,"1"]]}]}}""" },
            { 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"values":[[1e300,"1"]]}]}}""" },
            { 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"val""" },
            { 200, """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"\ud800"},"values":[]}]}}""" },
            { 200, new string('[', 5000) },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Query_ThatIsNotAnswered_IsFilledLater_AndTheOthersGoOn(int status, string body)
    {
        var (ill, refused) = (false, 0);
        await using var server = await FakePrometheus.StartAsync();
        server.Instead = form =>
        {
            var query = form["query"];
            if (query == "bad" && Volatile.Read(ref ill))
            {
                Interlocked.Increment(ref refused);
                return Results.Text(body, "application/json", System.Text.Encoding.UTF8, status);
            }
            return query is "good" or "bad" ? Matrix(form) : null;
        };
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var listener = await Listener<MetricBatch>.StartAsync(dapr, Topics.MetricBatches(0), content => MetricBatch.FromBytes(content.Span));
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, _folder.Configure(string.Format(null, Yaml, server.Url)));
        await Eventually.TrueAsync(() => Times(listener, "bad").Count > 0 && Times(listener, "good").Count > 0, "both are collected");

        Volatile.Write(ref ill, true);
        await Eventually.TrueAsync(() => Volatile.Read(ref refused) >= 2, "the query is refused");
        var (from, bad) = (Times(listener, "good")[^1], Times(listener, "bad")[^1]);
        await Eventually.TrueAsync(() => Times(listener, "good")[^1] >= from + 2, "the other query goes on");
        Assert.InRange(Times(listener, "bad")[^1], bad, bad + 1);
        using var client = await dapr.ClientAsync();
        var http = client.CreateInvokableHttpClient(Apps.Collector);
        await Eventually.TrueAsync(
            async () =>
                (await http.GetFromJsonAsync<CollectedQueriesV1>("v1/queries", MessageJson.Options))!.Notes.Any(n =>
                    n.Contains("bad", StringComparison.Ordinal) || n.Contains(server.Url, StringComparison.Ordinal)
                ),
            "what is wrong is told"
        );

        Volatile.Write(ref ill, false);
        await Eventually.TrueAsync(() => Times(listener, "bad")[^1] > from + 2, "the query is collected again");
        foreach (var query in (string[])["good", "bad"])
        {
            var times = Times(listener, query);
            Assert.Equal(times.Count - 1, times[^1] - times[0]);
        }
    }

    [Fact]
    public async Task Query_ThatHangs_HoldsUpNoOther()
    {
        await using var server = await FakePrometheus.StartAsync();
        TaskCompletionSource answer = new();
        server.Instead = form =>
            form["query"] == "bad" ? new Late(answer.Task, Matrix(form))
            : form["query"] == "good" ? Matrix(form)
            : null;
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var listener = await Listener<MetricBatch>.StartAsync(dapr, Topics.MetricBatches(0), content => MetricBatch.FromBytes(content.Span));
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, _folder.Configure(string.Format(null, Yaml, server.Url)));

        await Eventually.TrueAsync(() => Times(listener, "good").Count >= 4, "the other query is collected every step");
        Assert.Empty(Times(listener, "bad"));
        var begun = Times(listener, "good")[0];
        answer.SetResult();
        await Eventually.TrueAsync(() => Times(listener, "bad").Count >= 4, "the slow one is collected, too");
        Assert.InRange(Times(listener, "bad")[0], begun - 1, begun + 1);
        Assert.All(
            listener.Heard.GroupBy(b => b.Part),
            part => Assert.Equal(part.Select(b => b.Samples.Start).Order(), part.Select(b => b.Samples.Start))
        );
    }

    /// <summary>One series with a value on each step that was asked for.</summary>
    private static IResult Matrix(IReadOnlyDictionary<string, string> form)
    {
        var (start, end) = (long.Parse(form["start"], null), long.Parse(form["end"], null));
        object[] values = [.. Enumerable.Range(0, (int)(end - start) + 1).Select(i => new object[] { start + i, "1" })];
        object[] result = [new { metric = new { pod = form["query"] }, values }];
        return Results.Ok(new { status = "success", data = new { resultType = "matrix", result } });
    }

    private static List<long> Times(Listener<MetricBatch> listener, string query) =>
        [
            .. listener
                .Heard.SelectMany(b => b.Samples.Series.Select((s, row) => (Batch: b, s.Series.Name, Row: row)))
                .Where(s => s.Name == query)
                .SelectMany(s =>
                    Enumerable.Range(0, s.Batch.Samples.Columns).Where(c => double.IsFinite(s.Batch.Samples[s.Row, c])).Select(s.Batch.Samples.TimeOf)
                )
                .Select(t => t.ToUnixTimeSeconds())
                .Distinct()
                .Order(),
        ];

    private sealed class Late(Task until, IResult result) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            await until.WaitAsync(context.RequestAborted);
            await result.ExecuteAsync(context);
        }
    }
}
