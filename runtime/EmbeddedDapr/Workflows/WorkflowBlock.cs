using Dapr.Embedded.Hosting;
using Dapr.Embedded.Introspection;
using Dapr.Embedded.Workflows.Http;
using Dapr.Embedded.Workflows.Remote;
using Dapr.Embedded.Workflows.TaskHub;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Embedded.Workflows;

/// <summary>Workflows: the protocol of workers and clients (TaskHubSidecarService), the HTTP API, and the engine behind both.</summary>
internal sealed class WorkflowBlock(SidecarContext context) : BuildingBlock
{
    private readonly WorkflowHost host = new(context);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        host.Configure();
        return Task.CompletedTask;
    }

    public override void MapHttp(IEndpointRouteBuilder routes) => WorkflowRoutes.Map(routes, new WorkflowApi(host), context.Options.MaxBodySizeBytes);

    public override void MapGrpc(GrpcMethods methods) => WorkflowMethods.Map(methods, new WorkflowApi(host));

    public override void AddGrpcServices(IServiceCollection services)
    {
        services.AddSingleton(new TaskHubService(host));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<TaskHubService>, TaskHubMethods>());
        var limit = context.Options.MaxBodySizeBytes;
        services.AddSingleton(new TaskHubAnswers(host, limit));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<TaskHubAnswers>, TaskHubAnswerMethods>());
        services.Configure<GrpcServiceOptions<TaskHubAnswers>>(grpc =>
            grpc.MaxReceiveMessageSize = (int)Math.Min(int.MaxValue, (long)limit * TaskHubAnswers.LargestFactor)
        );
    }

    public override void MapGrpcServices(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<TaskHubService>();
        routes.MapGrpcService<TaskHubAnswers>();
    }

    public override void MapInternal(IEndpointRouteBuilder routes) => RemoteRoutes.Map(routes, host);

    public override void Describe(SidecarDescription description)
    {
        description.WorkflowsHosted = true;
        description.ConnectedWorkflowWorkers = host.Opened?.Core.Dispatcher.Streams ?? 0;
    }

    public override Task DrainAsync(CancellationToken cancellationToken) => host.StopStreamsAsync();

    public override ValueTask DisposeAsync() => host.DisposeAsync();
}
