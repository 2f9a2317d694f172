using System.Text.RegularExpressions;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// ASP.NET Core ends a call with Unknown and the type of its exception when a frame is none of gRPC or a handler fails in a way that nobody
/// foresaw. gRPC for Go, and so daprd, says Internal and the reason.
/// </summary>
internal static partial class GrpcErrors
{
    private const string ResourceExhausted = "8";
    private const string Internal = "13";

    public static void UseGrpcErrors(this IApplicationBuilder app) =>
        app.Use(
            async (http, next) =>
            {
                await next(http).ConfigureAwait(false);
                // The answer of an app that is called through the proxy is the app's own.
                if (http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
                    return;
                var status = http.Response.HasStarted ? http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : http.Response.Headers;
                if (status is null || !Unforeseen().IsMatch(status["grpc-message"].ToString()))
                    return;
                var reason = TypeName().Replace(Unforeseen().Replace(status["grpc-message"].ToString(), "grpc: "), "");
                status["grpc-status"] = reason.Contains("Message too large", StringComparison.Ordinal) ? ResourceExhausted : Internal;
                status["grpc-message"] = reason;
            }
        );

    [GeneratedRegex("^Exception was thrown by handler\\. *")]
    private static partial Regex Unforeseen();

    [GeneratedRegex("[A-Za-z.]+Exception: ")]
    private static partial Regex TypeName();
}
