using Dapr.Embedded.AccessControl;
using Dapr.Embedded.Introspection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Embedded.Hosting;

/// <summary>The port of --dapr-public-port: health and metadata to read, without a token, and nothing else.</summary>
internal static class PublicApi
{
    private static readonly string[] Loopback = ["127.0.0.1"];

    public static Task<SidecarServer> StartAsync(SidecarContext context, int port, CancellationToken cancellationToken) =>
        SidecarServer.StartAsync(
            context,
            HttpProtocols.Http1,
            context.Options.ListenAddresses ?? Loopback,
            port,
            services => services.AddRoutingCore(),
            app => Build(app, context),
            cancellationToken
        );

    private static void Build(WebApplication app, SidecarContext context)
    {
        app.UseTrace(context, showInAnswer: true);
        app.UseTolerantPaths();
        app.UseRouting();
        app.UseHttpApiRules(ApiRules.Read(context.Resources.Configuration.Section("api")), ApiAccess.NotFound);
        context.Block<HealthBlock>().MapPublic(app);
        context.Block<MetadataBlock>().MapPublic(app);
        app.MapFallback(HttpApi.FallbackPattern, ApiAccess.NotFound);
    }
}
