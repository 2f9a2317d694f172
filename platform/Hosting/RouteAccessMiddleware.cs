using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// Refuses callers without the token of a route's <see cref="RouteAccess"/>. A token comes as Dapr sends it (<c>dapr-api-token</c>) or as
/// <c>Authorization: Bearer</c>. A path without a route is refused in the same words, so that nobody learns which routes there are.
/// </summary>
/// <param name="appToken">APP_API_TOKEN; null leaves the routes of the sidecar open.</param>
/// <param name="readerToken">ANOMALY_CONSOLE_TOKEN; null: the app API token is the only one that opens the routes of readers.</param>
public sealed class RouteAccessMiddleware(RequestDelegate next, string? appToken, string? readerToken)
{
    private const string TokenHeader = "dapr-api-token";
    private const string Bearer = "Bearer ";

    private readonly byte[]? _app = Bytes(appToken);
    private readonly byte[]? _reader = Bytes(readerToken);

    public Task InvokeAsync(HttpContext context)
    {
        var access = context.GetEndpoint()?.Metadata.GetMetadata<DeclaredAccess>()?.Access ?? RouteAccess.Sidecar;
        return access switch
        {
            RouteAccess.Anyone => next(context),
            RouteAccess.Reader when _reader is not null => Has(context, _reader) || Has(context, _app)
                ? next(context)
                : RefuseAsync(
                    context,
                    "no or a wrong token: open the address that anomaly up printed, or send the console's token as a Bearer token"
                ),
            _ when _app is null || Has(context, _app) => next(context),
            _ => RefuseAsync(context, "invalid dapr-api-token: this service answers its Dapr sidecar only"),
        };
    }

    private static bool Has(HttpContext context, byte[]? token)
    {
        if (token is null)
            return false;
        var authorization = context.Request.Headers.Authorization.ToString();
        var given = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : context.Request.Headers[TokenHeader].ToString();
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), token);
    }

    private static Task RefuseAsync(HttpContext context, string reason)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }

    private static byte[]? Bytes(string? token) => string.IsNullOrEmpty(token) ? null : Encoding.UTF8.GetBytes(token);
}
