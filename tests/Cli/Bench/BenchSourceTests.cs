using System.Net.Http.Json;
using Dapr.Anomaly.Cli.Bench.Pipeline;
using Dapr.Anomaly.Platform.Prometheus;
using Microsoft.AspNetCore.Builder;

namespace Dapr.Anomaly.Cli.Tests.Bench;

/// <summary>The synthetic Prometheus, read with the product's own client.</summary>
public sealed class BenchSourceTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);

    private readonly WebApplication app = BenchSource.Build();
    private PrometheusClient client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await app.StartAsync(Token);
        client = new PrometheusClient(new PrometheusOptions { Url = new Uri(app.Urls.First()) }, TimeProvider.System);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        (await http.PutAsJsonAsync("series?live=25&history=10", "", Token)).EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Range_AnyTwoThatOverlap_AgreeOnEverySeries()
    {
        var first = await RangeAsync("bench_cpu", Noon, 8);
        var later = await RangeAsync("bench_cpu", Noon + (4 * Step), 8);
        Assert.Equal(3, first.Count);
        foreach (var series in first)
        {
            var again = later.Single(s => s.Labels.Equals(series.Labels));
            Assert.Equal(series.Values[4..], again.Values[..4]);
        }
        Assert.NotEqual(first[0].Values[0], first[1].Values[0]);
    }

    [Fact]
    public async Task Range_OfADay_HasADailyShape()
    {
        var day = (await client.QueryRangeAsync(new PromQuery("q", "bench_cpu"), Noon, Noon + TimeSpan.FromDays(1), TimeSpan.FromMinutes(5), Token))[
            0
        ];
        Assert.Equal(289, day.Values.Length);
        Assert.InRange(day.Values.Max() / day.Values.Min(), 1.6, 2.5);
    }

    [Fact]
    public async Task History_ShowsFewerSeriesThanLiveDataWhenToldSo()
    {
        Assert.Equal(25, (await LiveAsync()).Sum());
        Assert.Single(await RangeAsync("bench_cpu", Noon, 100));
    }

    [Fact]
    public async Task Ready_And_Labels_AreAnswered()
    {
        await client.ReadyAsync(Token);
        Assert.Contains("bench_cpu", await client.LabelValuesAsync("__name__", Noon, Noon, Token));
    }

    private async Task<List<int>> LiveAsync()
    {
        List<int> counts = [];
        foreach (var (name, _) in BenchSource.Queries)
            counts.Add((await RangeAsync(name, Noon, 1)).Count);
        return counts;
    }

    private Task<IReadOnlyList<PrometheusSeries>> RangeAsync(string query, DateTimeOffset from, int columns) =>
        client.QueryRangeAsync(new PromQuery("q", query), from, from + ((columns - 1) * Step), Step, Token);
}
