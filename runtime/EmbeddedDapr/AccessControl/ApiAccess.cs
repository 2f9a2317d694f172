using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.AccessControl;

/// <summary>
/// Keeps what the Configuration does not allow from the API ports, in daprd's words: over HTTP it is as if the route were not there.
/// </summary>
internal static class ApiAccess
{
    private const string NotAvailable = "requested endpoint is not available";

    /// <summary>Stands between routing and the routes.</summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="rules">What is allowed.</param>
    /// <param name="fallback">What is done with what has no route.</param>
    public static void UseHttpApiRules(this IApplicationBuilder app, ApiRules rules, RequestDelegate fallback)
    {
        if (!rules.HasHttp)
            return;
        app.Use(
            (http, next) =>
            {
                var pattern = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
                if (pattern is not null && pattern != HttpApi.FallbackPattern && rules.AllowsRoute(pattern))
                    return next(http);
                return rules.AllowsFallback ? fallback(http) : NotFound(http);
            }
        );
    }

    public static void UseGrpcApiRules(this IApplicationBuilder app, ApiRules rules)
    {
        if (!rules.HasGrpc)
            return;
        app.Use(
            (http, next) =>
                rules.AllowsMethod(http.Request.Path.Value ?? "")
                    ? next(http)
                    : GrpcApi.RefuseAsync(
                        http,
                        ErrorDetails.ToRpc(
                            new DaprApiException(501, StatusCode.Unimplemented, "Not Implemented", "Not Implemented")
                            {
                                Details = [ErrorDetails.Info("Not Implemented", ("http.code", "501"), ("http.error_message", NotAvailable))],
                            }
                        )
                    )
        );
    }

    /// <summary>The answer of Go's server where there is no route at all.</summary>
    public static Task NotFound(HttpContext http)
    {
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return HttpErrors.WriteTextAsync(http, StatusCodes.Status404NotFound, "404 page not found\n");
    }
}
