using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Bindings;

/// <summary>The bindings building block.</summary>
internal sealed class BindingsBlock : BuildingBlock
{
    private readonly SidecarContext context;
    private readonly BindingAccess bindings;
    private readonly InputBindingRunner inputs;
    private volatile bool appReady;

    public BindingsBlock(SidecarContext context)
    {
        this.context = context;
        bindings = new BindingAccess(context);
        var replies = new BindingReplies(context, bindings);
        inputs = new InputBindingRunner(context, new HttpBindingApp(context, replies), new GrpcBindingApp(context, replies));
    }

    public override IReadOnlyList<ComponentType> ComponentTypes { get; } =
    [
        new(
            "bindings.cron",
            (spec, context, _) => Task.FromResult<IComponent>(new CronBinding(CronSchedule.Parse(spec.Metadata.Required("schedule")), context.Time))
        ),
        new("bindings.http", (spec, _, _) => Task.FromResult<IComponent>(HttpBinding.Open(spec))),
        new("bindings.localstorage", (spec, _, _) => Task.FromResult<IComponent>(LocalStorageBinding.Open(spec))),
        new("bindings.smtp", (spec, _, _) => Task.FromResult<IComponent>(SmtpBinding.Open(spec))),
    ];

    public override void MapHttp(IEndpointRouteBuilder routes) => new BindingsHttp(bindings, context.Options.MaxBodySizeBytes).Map(routes);

    public override void MapGrpc(GrpcMethods methods) =>
        methods.Unary<InvokeBindingRequest, InvokeBindingResponse>(
            "InvokeBinding",
            async (request, call) =>
            {
                var trace = TraceContext.Of(call.GetHttpContext());
                var asked = new BindingRequest(request.Operation, request.Data.Memory, request.Metadata, trace.Child().TraceParent);
                var answer = await bindings.InvokeAsync(request.Name, asked, call.CancellationToken).ConfigureAwait(false);
                var response = new InvokeBindingResponse { Data = ByteString.CopyFrom(answer.Data ?? []) };
                response.Metadata.Add(new Dictionary<string, string>(answer.Metadata));
                return response;
            }
        );

    public override async Task AppReadyAsync(CancellationToken cancellationToken)
    {
        appReady = true;
        foreach (var component in context.Components.All)
            await inputs.StartAsync(component, cancellationToken).ConfigureAwait(false);
    }

    public override Task ComponentStartedAsync(RunningComponent component, CancellationToken cancellationToken) =>
        appReady ? inputs.StartAsync(component, cancellationToken) : Task.CompletedTask;

    public override Task ComponentStoppingAsync(RunningComponent component, CancellationToken cancellationToken) => inputs.StopAsync(component.Name);

    public override Task DrainAsync(CancellationToken cancellationToken) => inputs.StopAllAsync().WaitAsync(cancellationToken);
}
