using System.Text;
using Dapr.Anomaly.Platform.Prometheus;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

/// <summary>What a well-behaved Prometheus does not do: refuse, stumble, or be something else.</summary>
public sealed class PrometheusClientFailureTests : IAsyncDisposable
{
    private const string One =
        """{"status":"success","data":{"resultType":"vector","result":[{"value":[1.5,"2"],"metric":{"a":"b"},"""
        + """ "histogram":[1,{"count":"1"}]}]},"warnings":["w"]}""";
    private readonly List<string> _authorizations = [];
    private WebApplication? _app;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Credentials_are_sent_as_configured()
    {
        var url = await ServeAsync(_ => (200, One));
        foreach (
            var options in (PrometheusOptions[])
                [
                    new() { Url = url, BearerToken = "t0ken" },
                    new()
                    {
                        Url = url,
                        Username = "me",
                        Password = "pass:word",
                    },
                    new() { Url = url },
                ]
        )
        {
            using var client = new PrometheusClient(options, TimeProvider.System);
            var series = Assert.Single(await client.QueryAsync(new("q", "x"), DateTimeOffset.UnixEpoch, Cancellation));
            Assert.Equal(("{a=\"b\"}", 1500L, 2.0), (series.Labels.ToString(), series.TimestampsMs[0], series.Values[0]));
        }
        Assert.Equal(["Bearer t0ken", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:pass:word")), ""], _authorizations);
    }

    [Fact]
    public async Task A_stumble_is_tried_again()
    {
        var url = await ServeAsync(n => n < 3 ? (503, "upstream") : (200, One));
        using var client = Client(url);
        Assert.Single(await client.QueryAsync(new("q", "x"), DateTimeOffset.UnixEpoch, Cancellation));
        Assert.Equal(3, _authorizations.Count);
    }

    [Theory]
    [InlineData(
        401,
        "Unauthorized",
        PrometheusFailure.Unauthorized,
        "answered 401: it wants credentials and none are configured. Set reader.bearer_token, or reader.username and reader.password",
        1
    )]
    [InlineData(502, "<html>Bad gateway</html>", PrometheusFailure.Overloaded, "answered 502; narrow the query or try again later", 3)]
    [InlineData(
        503,
        """{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}""",
        PrometheusFailure.Overloaded,
        "answered 503: query timed out in expression evaluation; narrow the query or try again later",
        3
    )]
    [InlineData(
        404,
        "404 page not found",
        PrometheusFailure.NotPrometheus,
        "answered 404, which is not the Prometheus HTTP API. Does the URL need a path, as in http://mimir/prometheus?",
        1
    )]
    [InlineData(
        200,
        "<html>Welcome</html>",
        PrometheusFailure.NotPrometheus,
        "with something that is not its JSON, which is not the Prometheus HTTP API. Does the URL need a path, as in http://mimir/prometheus?",
        1
    )]
    [InlineData(
        200,
        "{}",
        PrometheusFailure.NotPrometheus,
        "answered a query without a status, which is not the Prometheus HTTP API. Does the URL need a path, as in http://mimir/prometheus?",
        1
    )]
    [InlineData(
        200,
        """{"status":"success","data":{"result":[{"metric":{"a":"b"},"val""",
        PrometheusFailure.NotPrometheus,
        "with something that is not its JSON, which is not the Prometheus HTTP API. Does the URL need a path, as in http://mimir/prometheus?",
        1
    )]
    [InlineData(
        422,
        """{"status":"error","errorType":"execution","error":"multiple matches for labels"}""",
        PrometheusFailure.BadQuery,
        "query p99: multiple matches for labels (from http",
        1
    )]
    public async Task Failures_are_told_apart_in_one_line(int status, string body, PrometheusFailure failure, string message, int tries)
    {
        using var client = Client(await ServeAsync(_ => (status, body)));
        var error = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync(new("p99", "x"), DateTimeOffset.UnixEpoch, Cancellation));
        Assert.Equal(failure, error.Failure);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(tries, _authorizations.Count);
    }

    [Fact]
    public async Task An_answer_that_never_comes_ends_after_the_time_allowed()
    {
        var url = await ServeAsync(static _ => (0, ""));
        using var client = new PrometheusClient(
            new PrometheusOptions
            {
                Url = url,
                Timeout = TimeSpan.FromMilliseconds(200),
                Tries = 2,
                RetryDelay = TimeSpan.FromMilliseconds(1),
            },
            TimeProvider.System
        );
        var error = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync(new("q", "x"), DateTimeOffset.UnixEpoch, Cancellation));
        Assert.Contains("did not answer within 0.2 s (2 tries in", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task A_large_answer_in_many_pieces_is_read_whole()
    {
        var values = string.Join(',', Enumerable.Range(0, 50_000).Select(static i => $"[{i},\"{i}.25\"]"));
        var name = new string('n', 200_000);
        using var client = Client(
            await ServeAsync(_ =>
                (
                    200,
                    $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"long":"{{{name}}}"},"values":[{{{values}}}]},"""
                        + """{"metric":{},"values":[[1,"NaN"]]}]}}"""
                )
            )
        );
        var series = await client.QueryRangeAsync(
            new("q", "x"),
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch,
            TimeSpan.FromSeconds(1),
            Cancellation
        );
        Assert.Equal(2, series.Count);
        Assert.Equal(name, series[0].Labels["long"]);
        Assert.Equal(Enumerable.Range(0, 50_000).Select(static i => i + 0.25), series[0].Values);
        Assert.Equal((0, 1, 1000L), (series[1].Values.Length, series[1].NonFinite, series[1].FirstNonFiniteMs));
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private static PrometheusClient Client(Uri url) =>
        new(new PrometheusOptions { Url = url, RetryDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);

    /// <summary>Answers the n-th request with a status and a body; status 0 means never.</summary>
    private async Task<Uri> ServeAsync(Func<int, (int Status, string Body)> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            _authorizations.Add(context.Request.Headers.Authorization.ToString());
            var (status, body) = answer(_authorizations.Count);
            if (status == 0)
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            context.Response.StatusCode = status == 0 ? 200 : status;
            await context.Response.WriteAsync(body);
        });
        await _app.StartAsync(Cancellation);
        return new Uri(_app.Urls.First());
    }
}
