using Dapr.Embedded.Hosting;
using Dapr.Embedded.Invocation.Proxy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Invocation;

/// <summary>Service invocation: over HTTP and gRPC, of the own app, of apps behind other sidecars and of external addresses.</summary>
internal sealed class InvocationBlock : BuildingBlock
{
    private readonly SidecarContext context;
    private readonly Invoker invoker;
    private readonly InvocationRoutes routes;
    private readonly Lazy<GrpcProxy> proxy;

    public InvocationBlock(SidecarContext context)
    {
        this.context = context;
        invoker = new Invoker(context, LocalApp);
        routes = new InvocationRoutes(context, invoker);
        proxy = new Lazy<GrpcProxy>(() => new GrpcProxy(context, invoker, Access));
    }

    public override RequestDelegate? HttpFallback => routes.InvokeAsync;

    public override RequestDelegate? GrpcFallback => proxy.Value.FromCallerAsync;

    public override void MapHttp(IEndpointRouteBuilder builder) => routes.Map(builder);

    public override void MapGrpc(GrpcMethods methods) => new InvokeServiceMethod(invoker).Map(methods);

    public override void MapInternal(IEndpointRouteBuilder builder)
    {
        new PeerRoutes(LocalApp, Access).Map(builder);
        proxy.Value.MapInternal(builder);
    }

    public override ValueTask DisposeAsync()
    {
        invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    private AccessControl.AccessControlBlock Access => context.Block<AccessControl.AccessControlBlock>();

    private IInvocationChannel LocalApp() => context.App.IsGrpc ? new LocalGrpcApp(context.App, context.Options) : new LocalHttpApp(context.App);
}
