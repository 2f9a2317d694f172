using Dapr.Embedded.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// One part of the Dapr API (state, pub/sub, workflows …) of one sidecar: its HTTP routes, its gRPC methods and its component types.
/// The host calls, in this order: <see cref="ComponentTypes"/>; components are started (<see cref="ComponentStartedAsync"/> for each);
/// <see cref="StartAsync"/>; routes and methods are mapped and the ports open; <see cref="AppReadyAsync"/> once the app answers;
/// <see cref="ResourcesChangedAsync"/> after every reload; at the end <see cref="DrainAsync"/> while the ports still answer, and
/// <see cref="DisposeAsync"/> after they closed.
/// </summary>
internal abstract class BuildingBlock : IAsyncDisposable
{
    public virtual IReadOnlyList<ComponentType> ComponentTypes => [];

    /// <summary>Routes of the HTTP port, whole paths ("/v1.0/state/{store}"). A handler may throw <see cref="Errors.DaprApiException"/>.</summary>
    public virtual void MapHttp(IEndpointRouteBuilder routes) { }

    /// <summary>Methods of dapr.proto.runtime.v1.Dapr.</summary>
    public virtual void MapGrpc(GrpcMethods methods) { }

    /// <summary>What a gRPC service of its own needs (see <see cref="MapGrpcServices"/>).</summary>
    public virtual void AddGrpcServices(IServiceCollection services) { }

    /// <summary>gRPC services beside dapr.proto.runtime.v1.Dapr, on the same port: routes.MapGrpcService&lt;T&gt;().</summary>
    public virtual void MapGrpcServices(IEndpointRouteBuilder routes) { }

    /// <summary>
    /// Routes of the internal port (HTTP/2 in clear text), which only other sidecars call; the caller has proved that it may read the names.
    /// </summary>
    public virtual void MapInternal(IEndpointRouteBuilder routes) { }

    /// <summary>Takes requests of the HTTP port that no route matches; one block at most has it.</summary>
    public virtual RequestDelegate? HttpFallback => null;

    /// <summary>Takes requests of the gRPC port that are for no known service; one block at most has it.</summary>
    public virtual RequestDelegate? GrpcFallback => null;

    public virtual Task ComponentStartedAsync(RunningComponent component, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called before the component is disposed.</summary>
    public virtual Task ComponentStoppingAsync(RunningComponent component, CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// The app's port accepts connections: ask it for subscriptions, start deliveries. Called once for every <see cref="Sidecar.ConnectApp"/>.
    /// </summary>
    public virtual Task AppReadyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The resources folders changed; components were already restarted. context.Resources holds the new snapshot.</summary>
    public virtual Task ResourcesChangedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Adds what this block knows to GET /v1.0/metadata.</summary>
    public virtual void Describe(Introspection.SidecarDescription description) { }

    /// <summary>Ends deliveries and waits for what is under way.</summary>
    public virtual Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
