using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>Refuses calls that do not come from the own sidecar. Health and metrics stay open for probes.</summary>
public sealed class AppTokenMiddleware(RequestDelegate next, string token)
{
    private readonly byte[] _token = Encoding.UTF8.GetBytes(token);

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/healthz") || path.StartsWithSegments("/metrics"))
            return next(context);
        var given = Encoding.UTF8.GetBytes(context.Request.Headers["dapr-api-token"].ToString());
        if (CryptographicOperations.FixedTimeEquals(given, _token))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return context.Response.WriteAsync("invalid dapr-api-token: this service answers its Dapr sidecar only", context.RequestAborted);
    }
}
