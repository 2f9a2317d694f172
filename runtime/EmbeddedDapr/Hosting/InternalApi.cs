using System.Security.Cryptography;
using System.Text;
using Dapr.Embedded.Names;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// The port that only other sidecars call. What mTLS is to daprd is here a random token that stands beside the address in the name store,
/// which only this user can read.
/// </summary>
internal static class InternalApi
{
    private static readonly string[] Loopback = ["127.0.0.1"];

    public static Task<SidecarServer> StartAsync(SidecarContext context, string token, CancellationToken cancellationToken) =>
        SidecarServer.StartAsync(
            context,
            HttpProtocols.Http2,
            Loopback,
            context.Options.InternalGrpcPort,
            services => services.AddRoutingCore(),
            app => Build(app, context, token),
            cancellationToken
        );

    public static string NewToken() => Convert.ToHexString(RandomNumberGenerator.GetBytes(24));

    private static void Build(WebApplication app, SidecarContext context, string token)
    {
        var expected = Encoding.UTF8.GetBytes(token);
        app.Use(
            (http, next) =>
            {
                var given = Encoding.UTF8.GetBytes(http.Request.Headers[SidecarAddress.TokenHeader].ToString());
                if (!CryptographicOperations.FixedTimeEquals(given, expected))
                {
                    http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return Task.CompletedTask;
                }
                http.Request.Headers.Remove(SidecarAddress.TokenHeader);
                return next(http);
            }
        );
        app.UseTrace(context, showInAnswer: false);
        app.UseRouting();
        foreach (var block in context.Blocks)
            block.MapInternal(app);
    }
}
