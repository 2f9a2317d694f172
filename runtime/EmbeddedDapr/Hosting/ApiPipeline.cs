using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Dapr.Embedded.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Hosting;

/// <summary>What happens to every request of the API ports before a route sees it: trace, token, path, errors.</summary>
internal static class ApiPipeline
{
    public const string TokenHeader = "dapr-api-token";

    /// <summary>Reads or begins the trace and, over HTTP, shows it in the answer of every call but healthz.</summary>
    public static void UseTrace(this IApplicationBuilder app, SidecarContext context, bool showInAnswer) =>
        app.Use(
            async (http, next) =>
            {
                using var span = IsHealth(http.Request.Path)
                    ? null
                    : context.Traces?.Begin(
                        http.Request.Path,
                        ActivityKind.Server,
                        http.Request.Headers.TraceParent.ToString(),
                        http.Request.Headers.TraceState.ToString()
                    );
                var trace = span is null
                    ? TraceContext.Of(http.Request.Headers, context.Resources.Configuration)
                    : TraceContext.Of(span, http.Request.Headers);
                http.Features.Set(trace);
                if (showInAnswer && !IsHealth(http.Request.Path))
                {
                    http.Response.Headers["traceparent"] = trace.TraceParent;
                    if (trace.TraceState.Length > 0)
                        http.Response.Headers["tracestate"] = trace.TraceState;
                }
                await next(http).ConfigureAwait(false);
                span?.SetTag("http.response.status_code", http.Response.StatusCode);
            }
        );

    /// <summary>Refuses a header block over the limit and a path with a broken escape in the words of Go's server, closing the connection.</summary>
    public static void UseRequestChecks(this IApplicationBuilder app, int headerLimitBytes) =>
        app.Use(
            (http, next) =>
            {
                var size = 0;
                foreach (var (name, values) in http.Request.Headers)
                    size += name.Length + values.ToString().Length + 4;
                if (size > headerLimitBytes)
                    return RefuseAsync(http, StatusCodes.Status431RequestHeaderFieldsTooLarge, "431 Request Header Fields Too Large");
                return RequestPath.IsWellEscaped(RequestPath.Raw(http))
                    ? next(http)
                    : RefuseAsync(http, StatusCodes.Status400BadRequest, "400 Bad Request");
            }
        );

    /// <summary>Collapses doubled slashes and drops a trailing one, both of which daprd tolerates.</summary>
    public static void UseTolerantPaths(this IApplicationBuilder app) =>
        app.Use(
            (http, next) =>
            {
                var path = http.Request.Path.Value ?? "/";
                while (path.Contains("//", StringComparison.Ordinal))
                    path = path.Replace("//", "/", StringComparison.Ordinal);
                http.Request.Path = path;
                return next(http);
            }
        );

    /// <summary>The hosts that a sidecar answers to, null when it does not look.</summary>
    /// <exception cref="Resources.ResourceException">A configured name is none.</exception>
    public static KnownHosts? HostsOf(SidecarOptions options)
    {
        try
        {
            return options.AllowedHosts is { } names ? new KnownHosts(names, "other names are those of AllowedHosts") : null;
        }
        catch (FormatException error)
        {
            throw new Resources.ResourceException($"AllowedHosts: {error.Message}", error);
        }
    }

    /// <summary>Refuses callers without the API token; health routes are exempt, and the header goes no further.</summary>
    public static void UseApiToken(this IApplicationBuilder app, string? token, Func<HttpContext, Task> refuse)
    {
        if (string.IsNullOrEmpty(token))
            return;
        var expected = Encoding.UTF8.GetBytes(token);
        app.Use(
            (http, next) =>
            {
                if (
                    !IsHealth(http.Request.Path)
                    && !CryptographicOperations.FixedTimeEquals(Encoding.Latin1.GetBytes(http.Request.Headers[TokenHeader].ToString()), expected)
                )
                    return refuse(http);
                http.Request.Headers.Remove(TokenHeader);
                return next(http);
            }
        );
    }

    /// <summary>Turns what a route throws into the answer that daprd gives.</summary>
    public static void UseDaprErrors(this IApplicationBuilder app, ILogger log) =>
        app.Use(
            async (http, next) =>
            {
                try
                {
                    await next(http).ConfigureAwait(false);
                }
                catch (DaprApiException error) when (!http.Response.HasStarted)
                {
                    await HttpErrors.WriteAsync(http, error).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
                {
                    // The caller is gone; there is nobody to answer.
                }
                catch (BadHttpRequestException error) when (!http.Response.HasStarted)
                {
                    await HttpErrors.WriteAsync(http, error.StatusCode, "ERR_MALFORMED_REQUEST", error.Message).ConfigureAwait(false);
                }
                catch (Exception error) when (!http.Response.HasStarted)
                {
                    log.LogError(error, "{Method} {Path} failed", http.Request.Method, http.Request.Path);
                    await HttpErrors.WriteAsync(http, StatusCodes.Status500InternalServerError, "ERROR", error.Message).ConfigureAwait(false);
                }
            }
        );

    public static void UseApiLogging(this IApplicationBuilder app, ILogger log, TimeProvider time) =>
        app.Use(
            async (http, next) =>
            {
                var begin = time.GetTimestamp();
                await next(http).ConfigureAwait(false);
                log.LogInformation(
                    "{Method} {Path} {Status} {Milliseconds:0.0} ms",
                    http.Request.Method,
                    http.Request.Path,
                    http.Response.StatusCode,
                    time.GetElapsedTime(begin).TotalMilliseconds
                );
            }
        );

    private static Task RefuseAsync(HttpContext http, int status, string words)
    {
        http.Response.Headers.Connection = "close";
        return HttpErrors.WriteTextAsync(http, status, words);
    }

    private static bool IsHealth(PathString path) => path.Value is "/v1.0/healthz" or "/v1.0/healthz/" or "/v1.0/healthz/outbound";
}
