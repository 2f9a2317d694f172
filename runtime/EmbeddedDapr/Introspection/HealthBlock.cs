using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Introspection;

/// <summary>/v1.0/healthz (components and app), /v1.0/healthz/outbound (components only) and /v1.0/shutdown.</summary>
internal sealed class HealthBlock(SidecarContext context) : BuildingBlock
{
    public override void MapHttp(IEndpointRouteBuilder routes)
    {
        MapPublic(routes);
        routes.MapPost("/v1.0/shutdown", (RequestDelegate)Shutdown);
    }

    public void MapPublic(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/healthz", (RequestDelegate)Health);
        routes.MapGet("/v1.0/healthz/outbound", (RequestDelegate)Outbound);
    }

    public override void MapGrpc(GrpcMethods methods) =>
        methods.Unary<Client.Autogen.Grpc.v1.ShutdownRequest, Google.Protobuf.WellKnownTypes.Empty>(
            "Shutdown",
            (_, _) =>
            {
                context.RequestStop();
                return Task.FromResult(new Google.Protobuf.WellKnownTypes.Empty());
            }
        );

    private Task Health(HttpContext http)
    {
        if (!context.Ready)
            return HttpErrors.WriteAsync(http, 500, "ERR_HEALTH_NOT_READY", "dapr is not ready");
        var appId = http.Request.Query["appid"].ToString();
        if (appId.Length > 0 && appId != context.AppId)
            return HttpErrors.WriteAsync(http, 500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task Outbound(HttpContext http)
    {
        if (!context.ComponentsReady)
            return HttpErrors.WriteAsync(http, 500, "ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready");
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task Shutdown(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        http.Response.OnCompleted(() =>
        {
            context.RequestStop();
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }
}
