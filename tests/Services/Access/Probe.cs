using System.Net;
using System.Net.Http.Headers;

namespace Dapr.Anomaly.Services.Tests.Access;

/// <summary>How somebody calls: with which token, under which Host, from a page of which Origin.</summary>
internal sealed record Caller(string Name, string? Token, string? Host, string? Origin)
{
    public const string RightToken = "the-right-token";

    public static readonly IReadOnlyList<Caller> All =
    [
        new("no token", null, null, null),
        new("wrong token", "another-token", null, null),
        new("right token", RightToken, null, null),
        new("foreign Host", RightToken, "evil.example", null),
        new("foreign Origin", RightToken, null, "http://evil.example"),
    ];
}

/// <summary>Calls a route and says in one word what came of it.</summary>
internal static class Probe
{
    public const string LetIn = "let in";

    /// <summary>A stream is open for ever: whoever is not refused by then is let in.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>The status of a refusal (401 or 403), or <see cref="LetIn"/>.</summary>
    public static async Task<string> HttpAsync(Caller caller, string tokenHeader, int port, string verb, string pattern)
    {
        using var request = Request(caller, tokenHeader, port, verb, pattern);
        if (verb is "POST" or "PUT" or "PATCH")
            request.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        return await StatusAsync(request, answer => (int)answer.StatusCode is 401 or 403 ? ((int)answer.StatusCode).ToString() : LetIn);
    }

    /// <summary>As over HTTP: 401 for Unauthenticated, 403 for PermissionDenied.</summary>
    public static async Task<string> GrpcAsync(Caller caller, string tokenHeader, int port, string pattern)
    {
        using var request = Request(caller, tokenHeader, port, "POST", pattern);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Content = new ByteArrayContent(new byte[5]);
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        return await StatusAsync(
            request,
            answer =>
                (int)answer.StatusCode is 401 or 403 ? ((int)answer.StatusCode).ToString()
                : !answer.Headers.TryGetValues("grpc-status", out var status) ? LetIn
                : status.First() == "16" ? "401"
                : status.First() == "7" ? "403"
                : LetIn
        );
    }

    private static HttpRequestMessage Request(Caller caller, string tokenHeader, int port, string verb, string pattern)
    {
        var request = new HttpRequestMessage(new HttpMethod(verb), $"http://127.0.0.1:{port}{Path(pattern)}");
        if (caller.Token is not null)
            request.Headers.TryAddWithoutValidation(tokenHeader, caller.Token);
        if (caller.Host is not null)
            request.Headers.Host = caller.Host;
        if (caller.Origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", caller.Origin);
        return request;
    }

    /// <summary>Something for each parameter.</summary>
    private static string Path(string pattern) => System.Text.RegularExpressions.Regex.Replace(pattern, @"\{[^}]+\}", "x");

    private static async Task<string> StatusAsync(HttpRequestMessage request, Func<HttpResponseMessage, string> judge)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return judge(answer);
        }
        catch (OperationCanceledException)
        {
            return LetIn;
        }
    }
}
