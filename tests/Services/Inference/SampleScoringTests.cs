using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Inference;

/// <summary><c>POST /v1/score</c> as any program calls it: plain samples through Dapr service invocation.</summary>
public sealed class SampleScoringTests(SmallModel model) : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDapr _dapr = null!;
    private HttpClient _inference = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(_dapr.Data.Registry);
        await _dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        _inference = (await _dapr.ClientAsync()).CreateInvokableHttpClient(Apps.Inference);
        await Eventually.TrueAsync(
            async () => (await _inference.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version is not null,
            "the model is served"
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _dapr.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Score_AKnownSeriesWithAFault_SaysWhatAndWhy()
    {
        var answer = await ScoreAsync(Question(4, 1000, factor: 3));

        Assert.Equal("1", answer.ModelVersion);
        var series = Assert.Single(answer.Series);
        Assert.Equal((model.Series[4].Identity.Id, SeriesState.Ok), (series.Series.Id, series.State));
        var score = Assert.Single(series.Scores);
        Assert.Equal(Decision.Anomalous, score.Decision);
        Assert.True(score.AnomalyScore > 1 && score.Value > score.Upper && score.Lower < score.Expected, $"{score}");
        Assert.Equal(MemberName.All, score.Votes.Select(v => v.Member));
        Assert.NotEmpty(score.Why);
    }

    [Fact]
    public async Task Score_ManySeries_AreAnsweredInTheirOrder()
    {
        var answer = await ScoreAsync(new[] { Question(4, 1000, 3), Question(2, 1000, 1), Question(3, 5, 1) });
        Assert.Equal([4, 2, 3], answer.Series.Select(s => int.Parse(s.Series.Labels["workload"][1..], null)));
        Assert.Equal([SeriesState.Ok, SeriesState.Ok, SeriesState.WarmingUp], answer.Series.Select(s => s.State));
        Assert.Equal([Decision.Anomalous, Decision.Normal], answer.Series.SelectMany(s => s.Scores).Select(s => s.Decision));
    }

    [Fact]
    public async Task Score_AllPoints_EndsWithTheScoreOfTheLast()
    {
        var last = Assert.Single((await ScoreAsync(Question(4, 600, 2))).Series[0].Scores);
        var all = (await ScoreAsync(Question(4, 600, 2, all: true))).Series[0].Scores;
        Assert.InRange(all.Count, 300, 599);
        // Rows that are scored together may differ from one alone in the last digits of a matrix product.
        Assert.Equal((last.Timestamp, last.Value, last.Decision), (all[^1].Timestamp, all[^1].Value, all[^1].Decision));
        Assert.Equal(last.AnomalyScore, all[^1].AnomalyScore, 1e-6);
        Assert.Equal(last.Expected!.Value, all[^1].Expected!.Value, 1e-6);
        Assert.Equal(all.Select(s => s.Timestamp).Order(), all.Select(s => s.Timestamp));
    }

    [Fact]
    public async Task Score_TooLittlePast_SaysHowMuchIsMissingAndThatIsEnough()
    {
        var series = Assert.Single((await ScoreAsync(Question(4, 40, 1))).Series);
        Assert.Equal(SeriesState.WarmingUp, series.State);
        Assert.Empty(series.Scores);
        Assert.Contains($"send {series.MissingPoints} more of the past", series.Reason);

        Assert.Equal(1, (await ScoreAsync(Question(4, 40 + series.MissingPoints!.Value - 1, 1))).Series[0].MissingPoints);
        Assert.Single((await ScoreAsync(Question(4, 40 + series.MissingPoints.Value, 1))).Series[0].Scores);
    }

    [Fact]
    public async Task Score_AnUnknownSeries_IsScoredByWhatItsKindHasInCommon()
    {
        var question = Question(4, 1000, 1);
        var answer = await ScoreAsync(question with { Series = question.Series with { Labels = new() { ["workload"] = "new" } } });
        Assert.Equal(SeriesState.WarmingUp, answer.Series[0].State);
        Assert.Single(answer.Series[0].Scores);
    }

    [Theory]
    [InlineData("", "$: not JSON")]
    [InlineData("{}", "$.points: is missing")]
    [InlineData("3", "$: 3 is not an object with series and points, or a list of such objects")]
    [InlineData("[]", "$: 0 series; send 1 to 1000")]
    [InlineData("""{"points":[[1,2]]}""", "$.series: is missing")]
    [InlineData("""{"series":{"labels":{}},"points":[[1,2]]}""", "$.series.name: is missing")]
    [InlineData("""{"series":{"name":""},"points":[[1,2]]}""", "$.series.name: is empty")]
    [InlineData("""{"series":{"name":"a","id":"0000000000000001"},"points":[[1,2]]}""", "$.series.id: 0000000000000001 is not that of this name")]
    [InlineData("""{"series":{"name":"\ud800"},"points":[[1,2]]}""", "$: ")]
    [InlineData("""{"series":{"name":"a","labels":{"":"b"}},"points":[[1,2]]}""", "$.series.labels: a label name of 0 characters")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2],["9999-12-31T23:59:59Z",3]]}""", "$.points[1][0]: \"9999-12-31T23:59:59Z\" is not")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,1e300]]}""", "$.points[0][1]: 1e300 is not a finite number")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,1e999]]}""", "$.points[0][1]: 1e999 is not a finite number")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2]],"stepSeconds":1e-9}""", "$.stepSeconds: 1e-9 is not a number above 0")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2]],"stepSeconds":1e300}""", "$.stepSeconds: 1e300 is not a number above 0")]
    [InlineData("""{"series":{"name":"a","kind":"cpus"},"points":[[1,2]]}""", "$.series.kind: \"cpus\" is not one of other, cpu, memory")]
    [InlineData("""{"series":{"name":"a","kind":1},"points":[[1,2]]}""", "$.series.kind: 1 is not one of other, cpu, memory")]
    [InlineData("""{"series":{"name":"a","label":{}},"points":[[1,2]]}""", "$.series.label: unknown; known are name, labels, kind and unit")]
    [InlineData("""{"series":{"name":"a","labels":{"b":1}},"points":[[1,2]]}""", "$.series.labels.b: 1 is not a text")]
    [InlineData("""{"series":{"name":"a","labels":{"b":"1","b":"2"}},"points":[[1,2]]}""", "$.series.labels.b: is given twice")]
    [InlineData("""{"series":{"name":"a"},"points":[]}""", "$.points: 0 points; send 1 to 20000")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2],[3]]}""", "$.points[1]: [3] is not [time, value]")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2],[1,2]]}""", "$.points[1][0]: 1970-01-01T00:00:01.0000000+00:00 does not come after")]
    [InlineData("""{"series":{"name":"a"},"points":[["yesterday",2]]}""", "$.points[0][0]: \"yesterday\" is not seconds since 1970")]
    [InlineData("""{"series":{"name":"a"},"points":[[1e300,2]]}""", "$.points[0][0]: 1e300 is not seconds since 1970")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,"2"]]}""", "$.points[0][1]: \"2\" is not a finite number")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,null]]}""", "$.points: every value is null")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2],[1000,3]]}""", "$.points: are 00:16:39 apart; at most 00:15:00 may lie between two")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2]],"stepSeconds":0}""", "$.stepSeconds: 0 is not a number above 0, at most 900")]
    [InlineData("""{"series":{"name":"a"},"points":[[1,2]],"step":15}""", "$.step: unknown; known are series, points, stepSeconds and all")]
    [InlineData(
        """[{"series":{"name":"a"},"points":[[1,2]]},{"series":{"name":"a"},"points":[[1,2]],"all":"yes"}]""",
        "$[1].all: \"yes\" is not true or false"
    )]
    [InlineData("""{"rows":[{"id":"1","features":""}]}""", "$.rows: unknown; known are series, points, stepSeconds and all")]
    public async Task Score_AWrongBody_IsAProblemWithTheJsonPath(string body, string detail)
    {
        using var response = await _inference.PostAsync("v1/score", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.StartsWith(detail, problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Rows_ThatAreNone_AreRefusedWithTheReason()
    {
        using var response = await _inference.PostAsync("v1/score/rows", new ByteArrayContent("no rows"u8.ToArray()));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("rows: ", await response.Content.ReadAsStringAsync());
    }

    private Body Question(int series, int points, double factor, bool all = false)
    {
        var (identity, fine) = (model.Series[series].Identity, model.Series[series].Fine);
        var first = fine.Values.Length - points;
        double[][] samples = [.. Enumerable.Range(first, points).Select(i => new[] { fine.TimeAt(i).ToUnixTimeSeconds(), fine.Values[i] })];
        samples[^1][1] *= factor;
        return new(new(identity.Name, identity.Labels.ToDictionary(), SignalKinds.Names[(int)identity.Kind]), samples, all);
    }

    private async Task<ScoreAnswerV1> ScoreAsync(object body)
    {
        using var response = await _inference.PostAsJsonAsync("v1/score", body, JsonSerializerOptions.Web);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<ScoreAnswerV1>(MessageJson.Options))!;
    }

    private sealed record Body(SeriesForm Series, double[][] Points, bool All);

    private sealed record SeriesForm(string Name, Dictionary<string, string> Labels, string Kind);
}
