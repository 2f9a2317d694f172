using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Takes work from the runtime for as long as the host runs, and comes back when the connection is lost.</summary>
internal sealed class WorkflowWorker : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a stopping host waits for running work to be answered.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Executions kept between turns: a few kB each, what workflow code holds on to besides. Beyond it a turn costs reading and playing
    /// the whole history, as it does for a runtime that always sends it.
    /// </summary>
    private const int KeptInstances = 4096;

    private const int KeptEvents = 4_000_000;

    private readonly TaskHubConnection _connection;
    private readonly IWorkflowsFactory _factory;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkflowWorker> _logger;
    private readonly WorkInProgress _work;

    public WorkflowWorker(
        TaskHubConnection connection,
        WorkflowRuntimeOptions options,
        IWorkflowsFactory factory,
        IServiceScopeFactory scopes,
        IDaprSerializer serializer,
        TimeProvider time,
        ILoggerFactory loggers
    )
    {
        _connection = connection;
        _factory = factory;
        _time = time;
        _logger = loggers.CreateLogger<WorkflowWorker>();
        Answers answers = new(connection.Client, time, _logger);
        _work = new WorkInProgress(
            new TurnRunner(new FullHistory(connection.Client, time, _logger), factory, scopes, serializer, loggers, answers, options.WorkflowSlots),
            new ActivityRunner(factory, scopes, serializer, time, answers, options.ActivitySlots),
            _logger
        );
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_factory is WorkflowsFactory { IsEmpty: true })
        {
            _logger.LogInformation("No workflow and no activity is registered: this app takes no work.");
            return;
        }

        var delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TakeWorkAsync(() => delay = FirstDelay, stoppingToken);
                _logger.LogInformation("The runtime at {Endpoint} closed the work stream.", _connection.Endpoint);
            }
            catch (RpcException failure) when (!stoppingToken.IsCancellationRequested)
            {
                _logger.LogInformation(
                    "No work stream from the runtime at {Endpoint}: {Status} {Detail}; next try in {Delay}.",
                    _connection.Endpoint,
                    failure.StatusCode,
                    failure.Status.Detail,
                    delay
                );
            }
            catch (RpcException)
            {
                return;
            }

            await Task.Delay(delay, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    /// <summary>Reads one stream until it ends or the host stops; then lets running work be answered before the stream is closed.</summary>
    private async Task TakeWorkAsync(Action connected, CancellationToken stoppingToken)
    {
        await SayHelloAsync(stoppingToken);
        using CancellationTokenSource over = new();
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stoppingToken.Register(stopping.SetResult);
        await using ExecutionCache kept = new(KeptInstances, KeptEvents);
        GetWorkItemsRequest ask = new() { Capabilities = { WorkerCapability.StatefulHistory } };
        using var call = _connection.Client.GetWorkItems(ask, cancellationToken: over.Token);
        var keepAlive = KeepAliveAsync(over);
        Task<bool> next = Task.FromResult(true);
        try
        {
            connected();
            _logger.LogInformation("Taking workflow work from the runtime at {Endpoint}.", _connection.Endpoint);
            while (true)
            {
                next = call.ResponseStream.MoveNext(CancellationToken.None);
                await Task.WhenAny(next, stopping.Task);
                if (stoppingToken.IsCancellationRequested)
                    break;
                if (!await next)
                    return;
                _work.Start(call.ResponseStream.Current, kept, over.Token);
            }

            await _work.DrainAsync(StopPatience, _time);
        }
        finally
        {
            await over.CancelAsync();
            await keepAlive;
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Says hello at intervals: traffic for proxies, and a dead connection is noticed. A failure ends the stream.</summary>
    private async Task KeepAliveAsync(CancellationTokenSource over)
    {
        try
        {
            using PeriodicTimer timer = new(HelloInterval, _time);
            while (await timer.WaitForNextTickAsync(over.Token))
                await SayHelloAsync(over.Token);
        }
        catch (OperationCanceledException)
        {
            // The stream is over.
        }
        catch (RpcException failure)
        {
            if (!over.IsCancellationRequested)
                _logger.LogInformation("The runtime does not answer a hello ({Status}): connecting anew.", failure.StatusCode);
            await over.CancelAsync();
        }
    }

    private async Task SayHelloAsync(CancellationToken cancellationToken) =>
        await _connection.Client.HelloAsync(
            new Empty(),
            deadline: _time.GetUtcNow().UtcDateTime.Add(HelloTimeout),
            cancellationToken: cancellationToken
        );
}
