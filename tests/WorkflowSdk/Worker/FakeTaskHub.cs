using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WorkflowSdk.Tests.Worker;

/// <summary>A scripted runtime on a real port: hands out the work items it is given and keeps what is said to it.</summary>
internal sealed class FakeTaskHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeTaskHub(WebApplication app, FakeTaskHubState state)
    {
        _app = app;
        State = state;
    }

    public FakeTaskHubState State { get; }

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public int Port => new Uri(Address).Port;

    public static async Task<FakeTaskHub> StartAsync(int port = 0, FakeTaskHubState? state = null)
    {
        state ??= new FakeTaskHubState();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(state);
        builder.Services.AddSingleton<FakeTaskHubService>();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2)
        );
        var app = builder.Build();
        app.MapGrpcService<FakeTaskHubService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FakeTaskHub(app, state);
    }

    public async ValueTask DisposeAsync()
    {
        State.CloseStreams();
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>What the fake runtime hands out and what it was told; outlives a restart of its server.</summary>
internal sealed class FakeTaskHubState
{
    private CancellationTokenSource _streams = new();
    private int _hellos;

    public Channel<WorkItem> Work { get; } = Channel.CreateUnbounded<WorkItem>();

    public Channel<WorkflowResponse> Turns { get; } = Channel.CreateUnbounded<WorkflowResponse>();

    public Channel<ActivityResponse> Activities { get; } = Channel.CreateUnbounded<ActivityResponse>();

    /// <summary>One entry for each stream that was opened.</summary>
    public Channel<Metadata> Streams { get; } = Channel.CreateUnbounded<Metadata>();

    public ConcurrentQueue<(string Method, IMessage Request, Metadata Headers)> Calls { get; } = new();

    /// <summary>Answers of client calls by method; a thrown RpcException is the answer, too.</summary>
    public ConcurrentDictionary<string, Func<IMessage, IMessage>> Script { get; } = new();

    public int Hellos => Volatile.Read(ref _hellos);

    public CancellationToken StreamsClosed => _streams.Token;

    public void CountHello() => Interlocked.Increment(ref _hellos);

    /// <summary>Breaks all open streams, as a runtime does that goes away.</summary>
    public void CloseStreams()
    {
        var old = Interlocked.Exchange(ref _streams, new CancellationTokenSource());
        old.Cancel();
    }

    public void HandOut(WorkflowRequest request, string token = "") =>
        Assert.True(Work.Writer.TryWrite(new WorkItem { WorkflowRequest = request, CompletionToken = token }));

    public void HandOut(ActivityRequest request, string token = "") =>
        Assert.True(Work.Writer.TryWrite(new WorkItem { ActivityRequest = request, CompletionToken = token }));
}

internal sealed class FakeTaskHubService(FakeTaskHubState state) : TaskHubSidecarService.TaskHubSidecarServiceBase
{
    public override Task<Empty> Hello(Empty request, ServerCallContext context)
    {
        state.CountHello();
        return Answer(nameof(Hello), request, context, new Empty());
    }

    public override async Task GetWorkItems(GetWorkItemsRequest request, IServerStreamWriter<WorkItem> responseStream, ServerCallContext context)
    {
        var closed = state.StreamsClosed;
        state.Calls.Enqueue((nameof(GetWorkItems), request, context.RequestHeaders));
        await state.Streams.Writer.WriteAsync(context.RequestHeaders, context.CancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, closed);
        try
        {
            await foreach (var item in state.Work.Reader.ReadAllAsync(over.Token))
                await responseStream.WriteAsync(item, over.Token);
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the runtime went away"));
        }
    }

    public override async Task<CompleteTaskResponse> CompleteOrchestratorTask(WorkflowResponse request, ServerCallContext context)
    {
        var answer = await Answer(nameof(CompleteOrchestratorTask), request, context, new CompleteTaskResponse());
        await state.Turns.Writer.WriteAsync(request);
        return answer;
    }

    public override async Task<CompleteTaskResponse> CompleteActivityTask(ActivityResponse request, ServerCallContext context)
    {
        var answer = await Answer(nameof(CompleteActivityTask), request, context, new CompleteTaskResponse());
        await state.Activities.Writer.WriteAsync(request);
        return answer;
    }

    public override Task<CreateInstanceResponse> StartInstance(CreateInstanceRequest request, ServerCallContext context) =>
        Answer(nameof(StartInstance), request, context, new CreateInstanceResponse { InstanceId = request.InstanceId });

    public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context) =>
        Answer(nameof(GetInstance), request, context, new GetInstanceResponse());

    public override Task<GetInstanceResponse> WaitForInstanceStart(GetInstanceRequest request, ServerCallContext context) =>
        Answer(nameof(WaitForInstanceStart), request, context, new GetInstanceResponse());

    public override Task<GetInstanceResponse> WaitForInstanceCompletion(GetInstanceRequest request, ServerCallContext context) =>
        Answer(nameof(WaitForInstanceCompletion), request, context, new GetInstanceResponse());

    public override Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context) =>
        Answer(nameof(RaiseEvent), request, context, new RaiseEventResponse());

    public override Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context) =>
        Answer(nameof(TerminateInstance), request, context, new TerminateResponse());

    public override Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context) =>
        Answer(nameof(SuspendInstance), request, context, new SuspendResponse());

    public override Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context) =>
        Answer(nameof(ResumeInstance), request, context, new ResumeResponse());

    public override Task<PurgeInstancesResponse> PurgeInstances(PurgeInstancesRequest request, ServerCallContext context) =>
        Answer(nameof(PurgeInstances), request, context, new PurgeInstancesResponse());

    public override Task<ListInstanceIDsResponse> ListInstanceIDs(ListInstanceIDsRequest request, ServerCallContext context) =>
        Answer(nameof(ListInstanceIDs), request, context, new ListInstanceIDsResponse());

    public override Task<GetInstanceHistoryResponse> GetInstanceHistory(GetInstanceHistoryRequest request, ServerCallContext context) =>
        Answer(nameof(GetInstanceHistory), request, context, new GetInstanceHistoryResponse());

    public override Task<RerunWorkflowFromEventResponse> RerunWorkflowFromEvent(RerunWorkflowFromEventRequest request, ServerCallContext context) =>
        Answer(nameof(RerunWorkflowFromEvent), request, context, new RerunWorkflowFromEventResponse());

    private Task<T> Answer<T>(string method, IMessage request, ServerCallContext context, T standard)
        where T : IMessage
    {
        state.Calls.Enqueue((method, request, context.RequestHeaders));
        return Task.FromResult(state.Script.TryGetValue(method, out var script) ? (T)script(request) : standard);
    }
}
