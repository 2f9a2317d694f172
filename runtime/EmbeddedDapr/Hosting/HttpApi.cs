using Dapr.Embedded.AccessControl;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Middleware;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Embedded.Hosting;

/// <summary>The HTTP port: the routes of all building blocks, and daprd's answer to everything that has none.</summary>
internal static class HttpApi
{
    public const string FallbackPattern = "/{**path}";

    public static Task<SidecarServer> StartAsync(SidecarContext context, CancellationToken cancellationToken) =>
        SidecarServer.StartAsync(
            context,
            HttpProtocols.Http1,
            context.Options.ListenAddresses,
            context.Options.HttpPort,
            services => services.AddRoutingCore(),
            app => Build(app, context),
            cancellationToken
        );

    private static void Build(WebApplication app, SidecarContext context)
    {
        var log = context.LoggerFactory.CreateLogger("Dapr.Embedded.HttpApi");
        // daprd's --read-buffer-size is rounded up by 4 KiB of Go's own.
        app.UseRequestChecks(context.Options.ReadBufferSizeBytes + 4096);
        app.UseTrace(context, showInAnswer: true);
        if (context.Options.EnableApiLogging)
            app.UseApiLogging(log, context.Time);
        app.UseDaprErrors(log);
        if (ApiPipeline.HostsOf(context.Options) is { } hosts)
            app.UseKnownHosts(hosts, (http, reason) => HttpErrors.WriteTextAsync(http, StatusCodes.Status403Forbidden, reason + "\n"));
        app.UseApiToken(context.Options.ApiToken, Refuse);
        app.UseTolerantPaths();
        context.Block<MiddlewareBlock>().Use(app);
        app.UseRouting();
        var fallback = context.Blocks.Select(block => block.HttpFallback).FirstOrDefault(found => found is not null) ?? NoRoute;
        app.UseHttpApiRules(ApiRules.Read(context.Resources.Configuration.Section("api")), fallback);
        foreach (var block in context.Blocks)
            block.MapHttp(app);
        app.MapFallback(FallbackPattern, fallback);
    }

    /// <summary>daprd never says 405: what it does not know it takes for an invocation without an app id.</summary>
    public static Task NoRoute(HttpContext http) =>
        HttpErrors.WriteAsync(
            http,
            StatusCodes.Status404NotFound,
            "ERR_DIRECT_INVOKE",
            "failed getting app id either from the URL path or the header dapr-app-id"
        );

    private static Task Refuse(HttpContext http) => HttpErrors.WriteTextAsync(http, StatusCodes.Status401Unauthorized, "invalid api token\n");
}
