using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>What <c>reader:</c> changes, seen by the server that is asked.</summary>
public sealed class ReaderKeysTests : IDisposable
{
    private const string Query = "queries: { mine: { expr: up } }";

    private readonly ConfiguredFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [EffectOf("reader.url")]
    [EffectOf("reader.step")]
    public async Task UrlAndStep_OfTheFile_AreWhatTheCollectorAsks()
    {
        await using var server = await FakePrometheus.StartAsync();
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(
            Apps.Collector,
            CollectorHost.Build,
            _folder.Configure($"preset: none\nreader: {{ url: {server.Url}, step: 30s, {Query} }}\n")
        );

        await Eventually.TrueAsync(() => server.Requests.Any(r => r.Path == "api/v1/query_range"), "the collector asks for a range");

        var asked = server.Requests.First(r => r.Path == "api/v1/query_range").Form;
        Assert.Equal(("up", "30"), (asked["query"], asked["step"]));
        Assert.Equal(0, double.Parse(asked["end"], System.Globalization.CultureInfo.InvariantCulture) % 30);
    }

    [Fact]
    [EffectOf("reader.username")]
    [EffectOf("reader.password")]
    public async Task UsernameAndPassword_LogIn() =>
        // base64 of anomaly:s3cret
        Assert.Equal("Basic YW5vbWFseTpzM2NyZXQ=", await LoginAsync("username: anomaly, password: s3cret"));

    [Fact]
    [EffectOf("reader.bearer_token")]
    public async Task BearerToken_LogsIn() => Assert.Equal("Bearer t0ken", await LoginAsync("bearer_token: t0ken"));

    [Fact]
    [EffectOf("reader.timeout")]
    public async Task Timeout_ServerThatIsSlower_IsGivenUp()
    {
        await using var server = await FakePrometheus.StartAsync();
        server.Answering = new TaskCompletionSource().Task;
        var e = await Assert.ThrowsAsync<PrometheusException>(() => AskAsync(server, "timeout: 1s"));
        Assert.Equal(PrometheusFailure.Unreachable, e.Failure);
    }

    [Fact]
    [EffectOf("reader.max_series")]
    public async Task MaxSeries_AnswerWithMore_IsRefused()
    {
        await using var server = await FakePrometheus.StartAsync();
        server.Series = 3;
        await AskAsync(server, "max_series: 3");
        var e = await Assert.ThrowsAsync<PrometheusException>(() => AskAsync(server, "max_series: 2"));
        Assert.Equal(PrometheusFailure.TooLarge, e.Failure);
    }

    [Fact]
    [EffectOf("reader.max_body_bytes")]
    public async Task MaxBodyBytes_LongerAnswer_IsRefused()
    {
        await using var server = await FakePrometheus.StartAsync();
        server.Series = 100;
        await AskAsync(server, "max_body_bytes: 100000");
        var e = await Assert.ThrowsAsync<PrometheusException>(() => AskAsync(server, "max_body_bytes: 2048"));
        Assert.Equal(PrometheusFailure.TooLarge, e.Failure);
    }

    private async Task<string> LoginAsync(string keys)
    {
        await using var server = await FakePrometheus.StartAsync();
        await AskAsync(server, keys);
        return Assert.Single(server.Requests.Select(r => r.Authorization).Distinct());
    }

    /// <summary>Asks as <c>up</c> does before it starts, once.</summary>
    private async Task AskAsync(FakePrometheus server, string keys)
    {
        var file = _folder.Configure($"preset: none\nreader: {{ url: {server.Url}, {keys}, {Query} }}\n")["--ANOMALY_CONFIG=".Length..];
        var result = AnomalyConfiguration.Load(file);
        Assert.Empty(result.Errors);
        var reader = result.Value!.Reader;
        await StartCheck.RunAsync(
            result.Value with
            {
                Reader = reader with { Prometheus = reader.Prometheus with { Tries = 1 } },
            },
            "",
            TimeProvider.System,
            CancellationToken.None
        );
    }
}
