using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>What <c>preset:</c> and <c>reader.queries:</c> change: what is collected, and which deviations count.</summary>
public sealed class QueryKeysTests : IDisposable
{
    private readonly ConfiguredFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [EffectOf("preset")]
    public async Task Preset_Groups_DecideWhatIsCollected()
    {
        await using var simulator = SimulatorHost.Build(new SimulatorOptions { History = TimeSpan.FromHours(1), Workloads = 1 }, TimeProvider.System);
        await simulator.StartAsync();
        var names = (await QueriesAsync($"preset: [disk]\nreader: {{ url: {simulator.Urls.First()} }}\n"))
            .EnumerateArray()
            .Select(q => q.GetProperty("name").GetString())
            .ToList();
        Assert.Contains("node_filesystem", names);
        Assert.DoesNotContain("node_cpu", names);
        Assert.DoesNotContain("container_cpu", names);
    }

    [Fact]
    [EffectOf("reader.queries.*.expr")]
    [EffectOf("reader.queries.*.kind")]
    [EffectOf("reader.queries.*.unit")]
    public async Task Query_OfTheFile_IsAskedAndTellsWhatItsSeriesMeasure()
    {
        await using var server = await FakePrometheus.StartAsync();
        var query = await QueryAsync(server, "expr: sum(up), kind: latency, unit: s");
        Assert.Equal(("latency", "s"), (query.GetProperty("kind").GetString(), query.GetProperty("unit").GetString()));
        await Eventually.TrueAsync(() => server.Requests.Any(r => r.Form.GetValueOrDefault("query") == "sum(up)"), "the expression is asked");
    }

    [Theory]
    [InlineData("both", 1.5, true)]
    [InlineData("both", 0.5, true)]
    [InlineData("above_expected", 1.5, true)]
    [InlineData("above_expected", 0.5, false)]
    [InlineData("below_expected", 1.5, false)]
    [InlineData("below_expected", 0.5, true)]
    [EffectOf("reader.queries.*.detection_direction")]
    public async Task DetectionDirection_ValueOnASide_CountsThere(string direction, double value, bool counts) =>
        Assert.Equal(counts, await CountsAsync($"detection_direction: {direction}", value));

    [Theory]
    [InlineData(0.4, true)]
    [InlineData(0.6, false)]
    [EffectOf("reader.queries.*.min_dev_from_expected")]
    public async Task MinDevFromExpected_SmallerDeviation_DoesNotCount(double minimum, bool counts) =>
        Assert.Equal(counts, await CountsAsync(FormattableString.Invariant($"min_dev_from_expected: {minimum}"), 1.5));

    [Theory]
    [InlineData(0.4, true)]
    [InlineData(0.6, false)]
    [EffectOf("reader.queries.*.min_rel_dev_from_expected")]
    public async Task MinRelDevFromExpected_SmallerShareOfTheExpectation_DoesNotCount(double minimum, bool counts) =>
        Assert.Equal(counts, await CountsAsync(FormattableString.Invariant($"min_rel_dev_from_expected: {minimum}"), 1.5));

    /// <summary>Whether a clear anomaly of this value, where 1 is expected, is one by the rules that the collector hands on. The one place that
    /// knows their form.</summary>
    private async Task<bool> CountsAsync(string keys, double value)
    {
        await using var server = await FakePrometheus.StartAsync();
        var rule = (await QueryAsync(server, $"expr: up, {keys}")).Deserialize<SignalJson>(MessageJson.Options)!.ToSignal().Rule;
        return Verdict.On(isScored: true, 3, value, expected: 1, rule).Decision == Decision.Anomalous;
    }

    private async Task<JsonElement> QueryAsync(FakePrometheus server, string keys) =>
        Assert.Single((await QueriesAsync($"preset: none\nreader: {{ url: {server.Url}, queries: {{ mine: {{ {keys} }} }} }}\n")).EnumerateArray());

    private async Task<JsonElement> QueriesAsync(string yaml)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, _folder.Configure(yaml));
        using var client = await dapr.ClientAsync();
        var answer = await client.CreateInvokableHttpClient(Apps.Collector).GetFromJsonAsync<JsonElement>("v1/queries");
        return answer.GetProperty("queries").Clone();
    }
}
