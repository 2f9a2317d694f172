using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Polly;
using Polly.Retry;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// HTTP as MLflow wants it: JSON in snake_case with a Content-Length (a chunked body is read as empty), DELETE with a body, credentials on every
/// call. Calls that may be repeated are, with backoff and jitter, when the server is away or overloaded.
/// </summary>
internal sealed class MlflowTransport : IDisposable
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals | JsonNumberHandling.AllowReadingFromString,
    };

    private readonly Uri _server;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline _retry;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public MlflowTransport(MlflowSettings settings, Uri server, TimeProvider time)
    {
        _server = server;
        _timeout = settings.Timeout;
        _time = time;
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false };
        if (settings.InsecureTls)
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Accept.Add(new("application/json"));
        if (settings.Username is { } user)
            _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{settings.Password}")));
        else if (settings.Token is { } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (settings.Workspace is { } workspace)
            _http.DefaultRequestHeaders.Add("X-MLFLOW-WORKSPACE", workspace);
        _retry = Pipeline(settings.Retries, time);
    }

    /// <summary>The server without a trailing slash.</summary>
    public string Server => _server.GetLeftPart(UriPartial.Path).TrimEnd('/');

    public Task<T> GetAsync<T>(string path, CancellationToken cancellationToken, params (string Key, string? Value)[] query) =>
        JsonAsync<T>(HttpMethod.Get, path + Query(query), null, true, cancellationToken);

    /// <param name="repeatable">False for calls that would make a second thing when the answer to the first was lost.</param>
    public Task<T> SendAsync<T>(HttpMethod method, string path, object body, bool repeatable, CancellationToken cancellationToken) =>
        JsonAsync<T>(method, path, JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), Json), repeatable, cancellationToken);

    public Task SendAsync(HttpMethod method, string path, object body, CancellationToken cancellationToken) =>
        SendAsync<JsonElement>(method, path, body, true, cancellationToken);

    /// <summary>Raw bytes; <paramref name="path"/> is below <c>/api/2.0</c>, or an absolute URL.</summary>
    public Task<byte[]> BytesAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken) =>
        CallAsync(method, path, body, "application/octet-stream", true, cancellationToken);

    public void Dispose() => _http.Dispose();

    private static string Query((string Key, string? Value)[] query)
    {
        var pairs = query.Where(q => q.Value is not null).Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value!)}").ToArray();
        return pairs.Length == 0 ? "" : "?" + string.Join('&', pairs);
    }

    private async Task<T> JsonAsync<T>(HttpMethod method, string path, byte[]? body, bool repeatable, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(method, path, body, "application/json", repeatable, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize<T>(answer, Json) ?? throw MlflowErrors.NotJson(_server, Name(method, path), answer);
        }
        catch (JsonException)
        {
            throw MlflowErrors.NotJson(_server, Name(method, path), answer);
        }
    }

    private async Task<byte[]> CallAsync(
        HttpMethod method,
        string path,
        byte[]? body,
        string type,
        bool repeatable,
        CancellationToken cancellationToken
    ) =>
        repeatable
            ? await _retry.ExecuteAsync(async token => await OnceAsync(method, path, body, type, token), cancellationToken)
            : await OnceAsync(method, path, body, type, cancellationToken);

    private async Task<byte[]> OnceAsync(HttpMethod method, string path, byte[]? body, string type, CancellationToken cancellationToken)
    {
        var absolute = path.StartsWith("http", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(method, new Uri(absolute ? path : $"{Server}/api/2.0{path}"));
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new(type) } };
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var answer = await _http.SendAsync(request, either.Token);
            var content = await answer.Content.ReadAsByteArrayAsync(either.Token);
            return answer.IsSuccessStatusCode ? content : throw MlflowErrors.Read(_server, Name(method, path), answer, content);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw MlflowErrors.Unreachable(_server, Name(method, path), new TimeoutException($"no answer within {_timeout.TotalSeconds:0} s", e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw MlflowErrors.Unreachable(_server, Name(method, path), e);
        }
    }

    private static string Name(HttpMethod method, string path) => $"{method} {path.Split('?')[0]}";

    private static ResiliencePipeline Pipeline(int retries, TimeProvider time) =>
        retries == 0
            ? ResiliencePipeline.Empty
            : new ResiliencePipelineBuilder { TimeProvider = time }
                .AddRetry(
                    new RetryStrategyOptions
                    {
                        ShouldHandle = new PredicateBuilder().Handle<MlflowException>(e => e.Failure == MlflowFailure.Unreachable),
                        MaxRetryAttempts = retries,
                        BackoffType = DelayBackoffType.Exponential,
                        UseJitter = true,
                        Delay = TimeSpan.FromMilliseconds(500),
                        MaxDelay = TimeSpan.FromSeconds(30),
                        DelayGenerator = static attempt => ValueTask.FromResult((attempt.Outcome.Exception as MlflowException)?.RetryAfter),
                    }
                )
                .Build();
}
