using System.Diagnostics;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

public sealed class PrometheusClientTests(PrometheusClientTests.Server server) : IClassFixture<PrometheusClientTests.Server>
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_760_000_400);
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Query_range_gives_labels_times_and_values_as_stored()
    {
        using var client = server.Require().Client();
        var series = await client.QueryRangeAsync(new("x", "x"), Start, Start.AddSeconds(60), TimeSpan.FromSeconds(15), Cancellation);

        var one = Assert.Single(series);
        Assert.Equal(new Labels([new("__name__", "x"), new("quote", "say \"hi\" ü")]), one.Labels);
        Assert.Equal([0, 15_000, 30_000, 60_000], one.TimestampsMs.Select(t => t - Start.ToUnixTimeMilliseconds()));
        Assert.Equal([1.5, 2.25, -3e-9, 7], one.Values);
    }

    [Fact]
    public async Task NaN_and_infinities_are_counted_and_left_out()
    {
        using var client = server.Require().Client();
        var series = Assert.Single(await client.QueryRangeAsync(new("x", "x"), Start, Start.AddSeconds(75), TimeSpan.FromSeconds(15), Cancellation));
        Assert.Equal(2, series.NonFinite);
        Assert.Equal(Start.AddSeconds(45).ToUnixTimeMilliseconds(), series.FirstNonFiniteMs);
        var grid = new double[6];
        series.CopyTo(grid, Start.ToUnixTimeMilliseconds(), 15_000);
        Assert.Equal([1.5, 2.25, -3e-9, double.NaN, 7, double.NaN], grid);
    }

    [Fact]
    public async Task A_range_of_more_points_than_the_server_allows_is_split_and_joined_without_gap_or_repetition()
    {
        using var client = server.Require().Client();
        var end = Start.AddSeconds(15 * 25_000);
        var series = Assert.Single(await client.QueryRangeAsync(new("t", "time()"), Start, end, TimeSpan.FromSeconds(15), Cancellation));
        Assert.Equal(25_001, series.Values.Length);
        Assert.All(Enumerable.Range(0, 25_001), i => Assert.Equal(Start.ToUnixTimeSeconds() + 15.0 * i, series.Values[i]));
        Assert.All(Enumerable.Range(0, 25_001), i => Assert.Equal(Start.ToUnixTimeMilliseconds() + 15_000L * i, series.TimestampsMs[i]));
    }

    [Fact]
    public async Task An_instant_query_gives_one_point_per_series_and_an_empty_result_is_empty()
    {
        using var client = server.Require().Client();
        Assert.Equal(1.5, Assert.Single(Assert.Single(await client.QueryAsync(new("x", "x"), Start, Cancellation)).Values));
        Assert.Empty(await client.QueryAsync(new("none", "nothing_of_that_name"), Start, Cancellation));
    }

    [Fact]
    public async Task A_parse_error_names_the_place_the_char_and_the_servers_words()
    {
        using var client = server.Require().Client();
        var query = new PromQuery("checkout_p99", "sum(rate(x[2m])))", "anomaly.yaml:7: reader.queries.checkout_p99.expr");
        var error = await Assert.ThrowsAsync<PrometheusException>(() =>
            client.QueryRangeAsync(query, Start, Start.AddMinutes(1), TimeSpan.FromSeconds(15), Cancellation)
        );
        Assert.Equal(
            $"anomaly.yaml:7: reader.queries.checkout_p99.expr: parse error at char 18: unexpected right parenthesis ')' (from {client.Url})",
            error.Message
        );
        Assert.Equal(PrometheusFailure.BadQuery, error.Failure);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Names_labels_series_and_build_are_read()
    {
        using var client = server.Require().Client();
        var end = Start.AddMinutes(2);
        Assert.Contains("x", await client.LabelValuesAsync("__name__", Start, end, Cancellation));
        Assert.Contains("quote", await client.LabelNamesAsync(Start, end, Cancellation));
        Assert.Equal(2, (await client.SeriesAsync("{__name__=~\"x|many\",n!=\"1\",n!=\"2\"}", Start, end, Cancellation)).Count);
        Assert.NotEmpty((await client.BuildAsync(Cancellation)).Version);
        await client.ReadyAsync(Cancellation);
    }

    [Fact]
    public async Task More_series_than_allowed_are_refused_by_name()
    {
        using var client = new PrometheusClient(new PrometheusOptions { Url = server.Require().Url, MaxSeries = 2 }, TimeProvider.System);
        var error = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync(new("too_many", "many"), Start, Cancellation));
        Assert.Equal(PrometheusFailure.TooLarge, error.Failure);
        Assert.StartsWith("query too_many: more than 2 series", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_larger_body_than_allowed_is_refused_by_name()
    {
        using var client = new PrometheusClient(new PrometheusOptions { Url = server.Require().Url, MaxBodyBytes = 200 }, TimeProvider.System);
        var error = await Assert.ThrowsAsync<PrometheusException>(() =>
            client.QueryRangeAsync(new("long", "time()"), Start, Start.AddDays(1), TimeSpan.FromSeconds(15), Cancellation)
        );
        Assert.Equal(PrometheusFailure.TooLarge, error.Failure);
        Assert.Contains("larger than 200 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_connections_say_how_often_and_what_to_try()
    {
        using var client = new PrometheusClient(
            new PrometheusOptions { Url = new Uri("http://127.0.0.1:1"), RetryDelay = TimeSpan.FromMilliseconds(1) },
            TimeProvider.System
        );
        var begun = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<PrometheusException>(() => client.ReadyAsync(Cancellation));
        Assert.Matches(
            @"^prometheus http://127\.0\.0\.1:1 refused the connection \(3 tries in [0-9.]+ s\)\. "
                + @"Is it up\? Reachable from here\? Try: curl http://127\.0\.0\.1:1/-/ready$",
            error.Message
        );
        Assert.True(error.IsTransient);
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(30));
    }

    public sealed class Server : IAsyncLifetime
    {
        private RealPrometheus? _prometheus;

        public RealPrometheus Require()
        {
            RealPrometheus.Require();
            return _prometheus!;
        }

        public async ValueTask InitializeAsync()
        {
            try
            {
                RealPrometheus.Require();
            }
            catch (Exception e) when (e.Message.Contains("on the PATH", StringComparison.Ordinal))
            {
                return;
            }
            var t = Start.ToUnixTimeSeconds();
            _prometheus = await RealPrometheus.StartAsync(
                $$"""
                # TYPE x gauge
                x{quote="say \"hi\" ü"} 1.5 {{t}}
                x{quote="say \"hi\" ü"} 2.25 {{t + 15}}
                x{quote="say \"hi\" ü"} -3e-09 {{t + 30}}
                x{quote="say \"hi\" ü"} NaN {{t + 45}}
                x{quote="say \"hi\" ü"} 7 {{t + 60}}
                x{quote="say \"hi\" ü"} +Inf {{t + 75}}
                # TYPE many gauge
                many{n="1"} 1 {{t}}
                many{n="2"} 2 {{t}}
                many{n="3"} 3 {{t}}
                # EOF

                """
            );
        }

        public async ValueTask DisposeAsync()
        {
            if (_prometheus is not null)
                await _prometheus.DisposeAsync();
        }
    }
}
