using System.Diagnostics.CodeAnalysis;
using Dapr.Embedded.App;
using Dapr.Embedded.Components;
using Dapr.Embedded.Names;
using Dapr.Embedded.Tracing;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Hosting;

/// <summary>Starts and stops the parts of one sidecar in their order.</summary>
internal sealed class SidecarHost : IAsyncDisposable
{
    private readonly ILogger log;
    private readonly List<(SidecarApi Api, SidecarServer Server)> servers = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim reloading = new(1, 1);
    private readonly TaskCompletionSource stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ComponentLoader loader;
    private readonly ComponentRegistry registry;
    private IAsyncDisposable? registration;
    private ResourceWatch? watch;
    private Task following = Task.CompletedTask;
    private int disposed;

    private SidecarHost(SidecarOptions options, SharedObjects shared)
    {
        Context = new SidecarContext(options, shared, () => stopRequested.TrySetResult());
        log = shared.LoggerFactory.CreateLogger<SidecarHost>();
        var blocks = BuildingBlocks.Create(Context);
        registry = new ComponentRegistry(Context, [.. blocks.SelectMany(block => block.ComponentTypes)]);
        Context.Attach(registry, blocks);
        loader = new ComponentLoader(Context);
    }

    public SidecarContext Context { get; }

    /// <summary>Completes when a caller asked the sidecar to stop (POST /v1.0/shutdown).</summary>
    public Task StopRequested => stopRequested.Task;

    /// <summary>What the sidecar answers, port by port.</summary>
    public IReadOnlyList<ApiRoute> Routes =>
        [.. servers.SelectMany(one => one.Server.Routes.Select(route => new ApiRoute(one.Api, one.Server.Port, route.Verb, route.Pattern)))];

    /// <summary>Completes when everything is up, the app's subscriptions included.</summary>
    public Task Following => following;

    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed on failure, else handed to the caller.")]
    public static async Task<SidecarHost> StartAsync(SidecarOptions options, SharedObjects shared, CancellationToken cancellationToken)
    {
        var host = new SidecarHost(options, shared);
        try
        {
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The app listens on this port: wait until it answers, then ask for its subscriptions.</summary>
    public void ConnectApp(int port)
    {
        Context.App.Connect(port);
        following = FollowAppAsync(following);
    }

    /// <summary>Reads the resources again and tells the building blocks.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await reloading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await loader.ReloadAsync(cancellationToken).ConfigureAwait(false);
            foreach (var block in Context.Blocks)
                await block.ResourcesChangedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            reloading.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
            return;
        stopRequested.TrySetResult();
        if (watch is not null)
            await watch.DisposeAsync().ConfigureAwait(false);
        if (registration is not null)
            await registration.DisposeAsync().ConfigureAwait(false);
        await DrainAsync().ConfigureAwait(false);
        await stopping.CancelAsync().ConfigureAwait(false);
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(servers.Select(one => one.Server.DisposeAsync().AsTask())).ConfigureAwait(false);
        foreach (var block in Context.Blocks.Reverse())
            await block.DisposeAsync().ConfigureAwait(false);
        await registry.DisposeAsync().ConfigureAwait(false);
        Context.App.Dispose();
        Context.Traces?.Dispose();
        stopping.Dispose();
        reloading.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await loader.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (Context.Resources.Configuration.Unused is { Count: > 0 } unused)
            log.LogWarning(
                "{AppId}: the embedded runtime does not use these sections of the Configuration: {Sections}",
                Context.AppId,
                string.Join(", ", unused)
            );
        Context.Traces = TraceExport.Open(Context.Resources.Configuration, Context.AppId);
        foreach (var block in Context.Blocks)
            await block.StartAsync(cancellationToken).ConfigureAwait(false);
        Context.ComponentsReady = true;
        var token = InternalApi.NewToken();
        var http = await AddAsync(SidecarApi.Http, HttpApi.StartAsync(Context, cancellationToken)).ConfigureAwait(false);
        var grpc = await AddAsync(SidecarApi.Grpc, GrpcApi.StartAsync(Context, cancellationToken)).ConfigureAwait(false);
        var between = await AddAsync(SidecarApi.Internal, InternalApi.StartAsync(Context, token, cancellationToken)).ConfigureAwait(false);
        if (Context.Options.PublicPort is { } publicPort)
            Context.PublicPort = (
                await AddAsync(SidecarApi.Public, PublicApi.StartAsync(Context, publicPort, cancellationToken)).ConfigureAwait(false)
            ).Port;
        Context.HttpPort = http.Port;
        Context.GrpcPort = grpc.Port;
        var address = new SidecarAddress(Context.AppId, Context.Namespace, "127.0.0.1", between.Port, token);
        registration = await Context.Names.RegisterAsync(address, cancellationToken).ConfigureAwait(false);
        log.LogInformation("{AppId}: HTTP API on port {HttpPort}, gRPC API on port {GrpcPort}", Context.AppId, http.Port, grpc.Port);
        following = FollowAppAsync(Task.CompletedTask);
        watch = new ResourceWatch(Context, ReloadAsync);
    }

    private async Task<SidecarServer> AddAsync(SidecarApi api, Task<SidecarServer> starting)
    {
        var server = await starting.ConfigureAwait(false);
        servers.Add((api, server));
        return server;
    }

    /// <summary>An app may come up after its sidecar; without an app the sidecar is ready at once.</summary>
    private async Task FollowAppAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Context.App.Port is not null)
        {
            try
            {
                await Context.App.WaitUntilUpAsync(stopping.Token).ConfigureAwait(false);
                await AppGreeting.AskAsync(Context.App, Context.AppId, Context.Time, log, stopping.Token).ConfigureAwait(false);
                foreach (var block in Context.Blocks)
                    await TellAppReadyAsync(block).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
        Context.Ready = true;
    }

    /// <summary>One block that fails (the app went away while it was asked) does not keep the others from their app.</summary>
    private async Task TellAppReadyAsync(BuildingBlock block)
    {
        try
        {
            await block.AppReadyAsync(stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            log.LogError(error, "{AppId}: {Block} could not be set up with the app", Context.AppId, block.GetType().Name);
        }
    }

    private async Task DrainAsync()
    {
        using var limit = new CancellationTokenSource(Context.Options.GracefulShutdown, Context.Time);
        foreach (var block in Context.Blocks)
        {
            try
            {
                await block.DrainAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                log.LogWarning(
                    "{AppId}: {Block} still had work after {Seconds} s",
                    Context.AppId,
                    block.GetType().Name,
                    Context.Options.GracefulShutdown.TotalSeconds
                );
            }
        }
    }
}
