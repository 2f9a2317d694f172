using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Invocation;

/// <summary>Service invocation: over HTTP and gRPC, of the own app, of apps behind other sidecars and of external addresses.</summary>
internal sealed class InvocationBlock : BuildingBlock
{
    private readonly SidecarContext context;
    private readonly Invoker invoker;
    private readonly InvocationRoutes routes;

    public InvocationBlock(SidecarContext context)
    {
        this.context = context;
        invoker = new Invoker(context, LocalApp);
        routes = new InvocationRoutes(context, invoker);
    }

    public override RequestDelegate? HttpFallback => routes.InvokeAsync;

    public override void MapHttp(IEndpointRouteBuilder builder) => routes.Map(builder);

    public override void MapInternal(IEndpointRouteBuilder builder) =>
        new PeerRoutes(context, LocalApp, context.Block<AccessControl.AccessControlBlock>()).Map(builder);

    public override ValueTask DisposeAsync()
    {
        invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    private LocalHttpApp LocalApp() => new(context.App);
}
