using Dapr.Embedded.AccessControl;
using Dapr.Embedded.Errors;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Embedded.Hosting;

/// <summary>The gRPC port: dapr.proto.runtime.v1.Dapr, the other services of the building blocks, and the proxy of what is for an app.</summary>
internal static class GrpcApi
{
    public static Task<SidecarServer> StartAsync(SidecarContext context, CancellationToken cancellationToken) =>
        SidecarServer.StartAsync(
            context,
            HttpProtocols.Http2,
            context.Options.ListenAddresses,
            context.Options.GrpcPort,
            services => AddServices(services, context),
            app => Build(app, context),
            cancellationToken
        );

    private static void AddServices(IServiceCollection services, SidecarContext context)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = context.Options.MaxBodySizeBytes;
            grpc.MaxSendMessageSize = null;
            // The texts are made fit for callers in the pipeline.
            grpc.EnableDetailedErrors = true;
            // Unknown services are for the proxy; without it the last handler of the pipeline answers.
            grpc.IgnoreUnknownServices = true;
        });
        var methods = new GrpcMethods();
        foreach (var block in context.Blocks)
        {
            block.MapGrpc(methods);
            block.AddGrpcServices(services);
        }
        services.AddSingleton(methods);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<DaprGrpcService>, GrpcMethodProvider>());
    }

    private static void Build(WebApplication app, SidecarContext context)
    {
        app.UseTrace(context, showInAnswer: false);
        if (context.Options.EnableApiLogging)
            app.UseApiLogging(context.LoggerFactory.CreateLogger("Dapr.Embedded.GrpcApi"), context.Time);
        if (ApiPipeline.HostsOf(context.Options) is { } hosts)
            app.UseKnownHosts(hosts, (http, reason) => RefuseAsync(http, new RpcException(new Status(StatusCode.PermissionDenied, reason))));
        app.UseApiToken(
            context.Options.ApiToken,
            http => RefuseAsync(http, ErrorDetails.ToRpc(new DaprApiException(401, StatusCode.Unauthenticated, "Unauthorized", "Unauthorized")))
        );
        app.UseGrpcApiRules(ApiRules.Read(context.Resources.Configuration.Section("api")));
        app.UseRouting();
        app.UseGrpcErrors();
        app.MapGrpcService<DaprGrpcService>();
        app.Map(
            $"/{Dapr.Client.Autogen.Grpc.v1.Dapr.Descriptor.FullName}/{{method}}",
            http =>
                RefuseAsync(
                    http,
                    new RpcException(
                        new Status(StatusCode.Unimplemented, $"method {http.Request.RouteValues["method"]} not implemented by the embedded runtime")
                    )
                )
        );
        foreach (var block in context.Blocks)
            block.MapGrpcServices(app);
        var fallback = context.Blocks.Select(block => block.GrpcFallback).FirstOrDefault(found => found is not null) ?? NoService;
        app.MapFallback("/{**path}", fallback);
    }

    /// <summary>daprd's answer to a method that it does not have and that names no app to be proxied to.</summary>
    public static Task NoService(HttpContext http) =>
        RefuseAsync(
            http,
            new RpcException(new Status(StatusCode.Unknown, "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found"))
        );

    /// <summary>Ends a gRPC call with a status before any handler ran: a response of headers only.</summary>
    public static Task RefuseAsync(HttpContext http, RpcException error)
    {
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        http.Response.Headers["grpc-message"] = Uri.EscapeDataString(error.Status.Detail);
        foreach (var trailer in error.Trailers)
            http.Response.Headers[trailer.Key] = trailer.IsBinary ? Convert.ToBase64String(trailer.ValueBytes) : trailer.Value;
        return Task.CompletedTask;
    }
}
