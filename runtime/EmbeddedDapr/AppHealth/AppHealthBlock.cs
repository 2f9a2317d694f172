using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.AppHealth;

/// <summary>
/// Asks the app again and again whether it is well, when that is switched on. An unhealthy app gets no events and no invocations; one good
/// answer makes it healthy again, as many bad ones as the threshold says make it unhealthy.
/// </summary>
internal sealed class AppHealthBlock : BuildingBlock
{
    private static readonly Method<Empty, HealthCheckResponse> HealthCheck = new(
        MethodType.Unary,
        "dapr.proto.runtime.v1.AppCallbackHealthCheck",
        "HealthCheck",
        GrpcMarshalling.Of<Empty>(),
        GrpcMarshalling.Of<HealthCheckResponse>()
    );

    private readonly SidecarContext context;
    private readonly ILogger log;
    private readonly CancellationTokenSource ended = new();
    private Task probing = Task.CompletedTask;

    public AppHealthBlock(SidecarContext context)
    {
        this.context = context;
        log = context.LoggerFactory.CreateLogger<AppHealthBlock>();
        // Until the first good answer nobody knows.
        context.App.Healthy = !context.Options.EnableAppHealthCheck;
    }

    public override async Task AppReadyAsync(CancellationToken cancellationToken)
    {
        if (!context.Options.EnableAppHealthCheck || !probing.IsCompleted)
            return;
        context.App.Healthy = await IsWellAsync(cancellationToken).ConfigureAwait(false);
        probing = ProbeAsync(ended.Token);
    }

    public override async Task DrainAsync(CancellationToken cancellationToken)
    {
        await ended.CancelAsync().ConfigureAwait(false);
        await probing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override ValueTask DisposeAsync()
    {
        ended.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(context.Options.AppHealthProbeInterval, context.Time);
        var failures = 0;
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            failures = await IsWellAsync(cancellationToken).ConfigureAwait(false) ? 0 : failures + 1;
            var healthy = failures == 0 || (context.App.Healthy && failures < context.Options.AppHealthThreshold);
            if (healthy != context.App.Healthy)
                log.LogWarning(
                    "{AppId}: the app is {State}",
                    context.AppId,
                    healthy ? "healthy again" : $"unhealthy after {failures} failed probes in a row"
                );
            context.App.Healthy = healthy;
        }
    }

    private async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(context.Options.AppHealthProbeTimeout, context.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return context.App.IsGrpc ? await AskGrpcAsync(both.Token).ConfigureAwait(false) : await AskHttpAsync(both.Token).ConfigureAwait(false);
        }
        catch (Exception error)
            when (error is HttpRequestException or RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> AskHttpAsync(CancellationToken cancellationToken)
    {
        var path = context.Options.AppHealthCheckPath;
        using var request = context.App.Request(HttpMethod.Get, path.StartsWith('/') ? path : "/" + path);
        using var answer = await context.App.Client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return answer.IsSuccessStatusCode;
    }

    private async Task<bool> AskGrpcAsync(CancellationToken cancellationToken)
    {
        using var call = context
            .App.Grpc.CreateCallInvoker()
            .AsyncUnaryCall(HealthCheck, null, new CallOptions(cancellationToken: cancellationToken), new Empty());
        await call.ResponseAsync.ConfigureAwait(false);
        return true;
    }
}
