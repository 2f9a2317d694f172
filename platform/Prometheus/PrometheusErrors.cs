using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>The one-line messages: which server or query, what was seen, what to try.</summary>
internal static partial class PrometheusErrors
{
    private const int MaxWords = 500;

    public static PrometheusException Unreachable(PrometheusOptions options, Exception cause, TimeSpan elapsed)
    {
        var seen = cause switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "has an unknown host name",
            HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "refused the connection",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "failed the TLS handshake",
            HttpRequestException or IOException => $"broke the connection ({FirstLine(cause.Message)})",
            _ => string.Create(CultureInfo.InvariantCulture, $"did not answer within {options.Timeout.TotalSeconds:0.#} s"),
        };
        var url = Base(options);
        var tries = options.Tries == 1 ? "1 try" : $"{options.Tries} tries";
        return new(
            PrometheusFailure.Unreachable,
            string.Create(
                CultureInfo.InvariantCulture,
                $"prometheus {url} {seen} ({tries} in {elapsed.TotalSeconds:0.#} s). Is it up? Reachable from here? Try: curl {url}/-/ready"
            ),
            cause
        );
    }

    public static PrometheusException Refused(PrometheusOptions options, PromQuery? query, HttpStatusCode status, string? errorType, string? error)
    {
        var url = Base(options);
        var subject = query?.ToString() ?? $"prometheus {url}";
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            var sent =
                options.BearerToken is not null ? "the bearer token was refused"
                : options.Username is not null ? "the user name or password was refused"
                : "it wants credentials and none are configured";
            return new(
                PrometheusFailure.Unauthorized,
                $"prometheus {url} answered {(int)status}: {sent}. Set reader.bearer_token, or reader.username and reader.password"
            );
        }
        if (
            error is not null
            && (status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity || errorType is "bad_data" or "execution")
        )
            return new(PrometheusFailure.BadQuery, $"{subject}: {Explain(error)} (from {url})");
        if (error is not null || (int)status >= 500 || status == HttpStatusCode.TooManyRequests)
            return new(
                PrometheusFailure.Overloaded,
                $"{subject}: prometheus {url} answered {(int)status}{(error is null ? "" : $": {FirstLine(error)}")}; "
                    + "narrow the query or try again later"
            );
        return NotPrometheus(options, $"answered {(int)status}");
    }

    public static PrometheusException Redirected(PrometheusOptions options, HttpStatusCode status, Uri? location) =>
        new(
            PrometheusFailure.NotPrometheus,
            $"prometheus {Base(options)} answered {(int)status} and points to {FirstLine(location?.ToString() ?? "nowhere")}; "
                + "redirects are not followed. Set reader.url to where it answers"
        );

    public static PrometheusException NotPrometheus(PrometheusOptions options, string seen, Exception? cause = null) =>
        new(
            PrometheusFailure.NotPrometheus,
            $"prometheus {Base(options)} {seen}, which is not the Prometheus HTTP API. Does the URL need a path, as in http://mimir/prometheus?",
            cause
        );

    public static PrometheusException TooManySeries(PrometheusOptions options, string subject) =>
        new(
            PrometheusFailure.TooLarge,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{subject}: more than {options.MaxSeries} series (from {Base(options)}). Aggregate further with sum by (...), "
                    + $"or raise reader.max_series"
            )
        );

    public static PrometheusException TooLarge(PrometheusOptions options, string subject, Exception cause) =>
        new(
            PrometheusFailure.TooLarge,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{subject}: the answer is larger than {options.MaxBodyBytes} bytes (from {Base(options)}). Narrow the query, "
                    + $"or raise reader.max_body_bytes"
            ),
            cause
        );

    public static string Base(PrometheusOptions options) =>
        options.Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    /// <summary>Prometheus writes <c>invalid parameter "query": 1:41: parse error: …</c>; people read <c>parse error at char 41: …</c>.</summary>
    private static string Explain(string error)
    {
        var text = FirstLine(error);
        var match = ParseError().Match(text);
        if (!match.Success)
            return text;
        var line = match.Groups["line"].Value;
        return $"parse error at {(line == "1" ? "" : $"line {line}, ")}char {match.Groups["char"].Value}: {match.Groups["what"].Value}";
    }

    /// <summary>At most <see cref="MaxWords"/> characters of a server's words, without what could forge a log or a terminal.</summary>
    private static string FirstLine(string text)
    {
        var trimmed = text.AsSpan().TrimStart();
        var end = trimmed.IndexOfAny('\r', '\n');
        var line = string.Concat((end < 0 ? trimmed : trimmed[..end]).TrimEnd().ToString().Where(c => !char.IsControl(c)));
        return line.Length <= MaxWords ? line : line[..MaxWords] + "…";
    }

    [GeneratedRegex("""^(invalid parameter "query": )?(?<line>\d+):(?<char>\d+): parse error: (?<what>.*)$""")]
    private static partial Regex ParseError();
}
