using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>
/// Client of the Prometheus HTTP API (Prometheus, Thanos, Mimir, VictoriaMetrics). Safe for concurrent use. Every method throws
/// <see cref="PrometheusException"/> when a request fails.
/// </summary>
public sealed class PrometheusClient : IDisposable
{
    /// <summary>A range of so few points is not made shorter.</summary>
    public const int MinPointsPerRequest = 16;

    private readonly HttpClient _http;
    private readonly PrometheusOptions _options;
    private readonly TimeProvider _time;

    public PrometheusClient(PrometheusOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = new HttpClient(
            new ResilienceHandler(Pipeline(options, time))
            {
                // A redirect could send the login, and every question, to another host.
                InnerHandler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false },
            }
        )
        {
            BaseAddress = new Uri(PrometheusErrors.Base(options) + "/"),
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        if (options.BearerToken is { } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        else if (options.Username is { } user)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{options.Password}"))
            );
    }

    /// <summary>Base address without a trailing slash, as messages show it.</summary>
    public string Url => PrometheusErrors.Base(_options);

    /// <summary>Instant query: at most one point per series.</summary>
    public async Task<IReadOnlyList<PrometheusSeries>> QueryAsync(PromQuery query, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var collector = new SeriesCollector(_options.MaxSeries);
        await EvaluateAsync("api/v1/query", query, [new("query", query.Expr), new("time", Seconds(time))], collector, cancellationToken);
        return collector.ToSeries();
    }

    /// <summary>
    /// Range query over <c>start, start + step, …</c> up to and including <paramref name="end"/>; split into requests of at most
    /// <see cref="PrometheusOptions.MaxPointsPerRequest"/> points a series and joined again. A server that refuses a long range, but not the
    /// newest points of it, is asked for half as much at a time, down to <see cref="MinPointsPerRequest"/> points.
    /// </summary>
    public async Task<IReadOnlyList<PrometheusSeries>> QueryRangeAsync(
        PromQuery query,
        DateTimeOffset start,
        DateTimeOffset end,
        TimeSpan step,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        var (joined, points, newestCanBeHad) = (new SeriesCollector(_options.MaxSeries), _options.MaxPointsPerRequest, false);
        for (var from = start; from <= end; )
        {
            var to = from + step * (points - 1);
            if (to > end)
                to = end;
            try
            {
                joined.Add(await RangeAsync(query, from, to, step, cancellationToken));
                if (joined.TooManySeries)
                    throw PrometheusErrors.TooManySeries(_options, query.ToString());
                from = to + step;
            }
            catch (PrometheusException e) when (e.MayBeTheRange && to - from >= step * MinPointsPerRequest)
            {
                if (!newestCanBeHad)
                {
                    var newest = end - step * (MinPointsPerRequest - 1);
                    await RangeAsync(query, newest > start ? newest : start, end, step, cancellationToken);
                    newestCanBeHad = true;
                }
                points = Math.Max(MinPointsPerRequest, ((int)((to - from) / step) + 1) / 2);
            }
        }
        return joined.ToSeries();
    }

    private async Task<SeriesCollector> RangeAsync(
        PromQuery query,
        DateTimeOffset from,
        DateTimeOffset to,
        TimeSpan step,
        CancellationToken cancellationToken
    )
    {
        var collector = new SeriesCollector(_options.MaxSeries);
        await EvaluateAsync(
            "api/v1/query_range",
            query,
            [
                new("query", query.Expr),
                new("start", Seconds(from)),
                new("end", Seconds(to)),
                new("step", step.TotalSeconds.ToString("R", CultureInfo.InvariantCulture)),
            ],
            collector,
            cancellationToken
        );
        return collector;
    }

    /// <summary>Label sets of the raw series that match a selector and have samples between the two instants.</summary>
    public async Task<IReadOnlyList<Labels>> SeriesAsync(
        string selector,
        DateTimeOffset start,
        DateTimeOffset end,
        CancellationToken cancellationToken
    )
    {
        var sets = await ReadAsync<List<Dictionary<string, string>>>(
            "api/v1/series",
            [new("match[]", selector), new("start", Seconds(start)), new("end", Seconds(end))],
            cancellationToken
        );
        return sets.Count <= _options.MaxSeries
            ? sets.ConvertAll(static s => new Labels(s))
            : throw PrometheusErrors.TooManySeries(_options, $"series {selector}");
    }

    /// <summary>Names of labels in use between the two instants.</summary>
    public async Task<IReadOnlyList<string>> LabelNamesAsync(DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken) =>
        await ReadAsync<List<string>>("api/v1/labels", [new("start", Seconds(start)), new("end", Seconds(end))], cancellationToken);

    /// <summary>Values of a label between the two instants; <c>__name__</c> gives the names of the metrics.</summary>
    public async Task<IReadOnlyList<string>> LabelValuesAsync(
        string label,
        DateTimeOffset start,
        DateTimeOffset end,
        CancellationToken cancellationToken
    )
    {
        var query = $"api/v1/label/{Uri.EscapeDataString(label)}/values?start={Seconds(start)}&end={Seconds(end)}";
        return await ReadAsync<List<string>>(query, null, cancellationToken);
    }

    /// <summary>What the server says it is; empty fields when it does not offer that endpoint.</summary>
    public async Task<PrometheusBuild> BuildAsync(CancellationToken cancellationToken)
    {
        try
        {
            var fields = await ReadAsync<Dictionary<string, JsonElement>>("api/v1/status/buildinfo", null, cancellationToken);
            return new(Text(fields, "version"), Text(fields, "application"));
        }
        catch (PrometheusException e) when (e.Failure is PrometheusFailure.NotPrometheus or PrometheusFailure.BadQuery)
        {
            return new("", "");
        }

        static string Text(Dictionary<string, JsonElement> fields, string name) =>
            fields.TryGetValue(name, out var e) && e.ValueKind == JsonValueKind.String ? e.GetString()! : "";
    }

    /// <summary>Asks for the constant 1: it is answered by every compatible server, while <c>/-/ready</c> is not.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken) =>
        await QueryAsync(new PromQuery("ready", "vector(1)"), _time.GetUtcNow(), cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task EvaluateAsync(
        string path,
        PromQuery query,
        KeyValuePair<string, string>[] form,
        SeriesCollector collector,
        CancellationToken cancellationToken
    )
    {
        var parser = new QueryAnswerParser(collector);
        var status = await SendAsync(path, form, query.ToString(), parser.ReadAsync, cancellationToken);
        if (parser.TooManySeries)
            throw PrometheusErrors.TooManySeries(_options, query.ToString());
        if (!status.IsSuccess || parser.Status == "error")
            throw PrometheusErrors.Refused(_options, query, status.Code, parser.ErrorType, parser.Error);
        if (parser.Status is null)
            throw PrometheusErrors.NotPrometheus(_options, "answered a query without a status");
    }

    private async Task<T> ReadAsync<T>(string path, KeyValuePair<string, string>[]? form, CancellationToken cancellationToken)
        where T : class
    {
        Envelope<T>? envelope = null;
        var status = await SendAsync(
            path,
            form,
            $"prometheus {Url}",
            async (body, token) => envelope = await JsonSerializer.DeserializeAsync<Envelope<T>>(body, JsonSerializerOptions.Web, token),
            cancellationToken
        );
        if (!status.IsSuccess || envelope?.Status == "error")
            throw PrometheusErrors.Refused(_options, null, status.Code, envelope?.ErrorType, envelope?.Error);
        return envelope?.Data ?? throw PrometheusErrors.NotPrometheus(_options, $"answered {path} without data");
    }

    private async Task<(bool IsSuccess, System.Net.HttpStatusCode Code)> SendAsync(
        string path,
        KeyValuePair<string, string>[]? form,
        string subject,
        Func<Stream, CancellationToken, Task> read,
        CancellationToken cancellationToken
    )
    {
        var begun = _time.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, path)
            {
                Content = form is null ? null : new FormUrlEncodedContent(form),
            };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)response.StatusCode is >= 300 and < 400)
                throw PrometheusErrors.Redirected(_options, response.StatusCode, response.Headers.Location);
            await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), _options.MaxBodyBytes);
            // The pipeline's time-out ends with the headers; the body gets as long again.
            using var limit = new CancellationTokenSource(_options.Timeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                await read(body, both.Token);
            }
            catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException("the body did not arrive in time", e);
            }
            catch (Exception e) when (IsMalformed(e))
            {
                // Proxies answer errors in HTML or plain text: then the status tells more than the body.
                throw response.IsSuccessStatusCode
                    ? PrometheusErrors.NotPrometheus(_options, $"answered {subject} with something that is not its JSON", e)
                    : PrometheusErrors.Refused(_options, null, response.StatusCode, null, null);
            }
            return (response.IsSuccessStatusCode, response.StatusCode);
        }
        catch (BodyTooLargeException e)
        {
            throw PrometheusErrors.TooLarge(_options, subject, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutRejectedException or TimeoutException)
        {
            throw PrometheusErrors.Unreachable(_options, e, _time.GetElapsedTime(begun));
        }
    }

    /// <summary>Whatever a reader of an answer stumbles over, but for what became of the connection.</summary>
    private static bool IsMalformed(Exception e) =>
        e is not (OperationCanceledException or TimeoutException or IOException or HttpRequestException or OutOfMemoryException);

    private static ResiliencePipeline<HttpResponseMessage> Pipeline(PrometheusOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (options.Tries > 1)
            builder.AddRetry(
                new HttpRetryStrategyOptions
                {
                    MaxRetryAttempts = options.Tries - 1,
                    BackoffType = DelayBackoffType.Exponential,
                    Delay = options.RetryDelay,
                }
            );
        return builder.AddTimeout(options.Timeout).Build();
    }

    private static string Seconds(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);

    private sealed record Envelope<T>(string? Status, T? Data, string? ErrorType, string? Error);
}
