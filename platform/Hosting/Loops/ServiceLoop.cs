using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// The background work of a service: a beginning, pass after pass, an end. Nothing but the end of the service ends it: what a pass throws is logged,
/// counted, told on <c>/healthz</c>, and the pass is tried again after a pause that doubles.
/// </summary>
/// <param name="name">As logs, <c>/healthz</c> and the metrics' label <c>loop</c> say it.</param>
public abstract class ServiceLoop(string name, LoopHost host) : BackgroundService
{
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly LoopState _state = host.Add(name);

    protected TimeProvider Time => host.Time;

    /// <summary>What has to be done once, before the first pass; tried again until it works.</summary>
    protected virtual Task BeginAsync(CancellationToken cancellationToken) => host.Gate.WaitAsync(cancellationToken);

    /// <summary>One round of the work, with the wait for the next.</summary>
    protected abstract Task PassAsync(CancellationToken cancellationToken);

    /// <summary>What has to be done when the service ends, if the loop had begun.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await UntilItWorksAsync(BeginAsync, stoppingToken);
            while (true)
                await UntilItWorksAsync(PassAsync, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service ends.
        }
        if (_state.HasBegun)
            await EndQuietlyAsync();
    }

    private async Task UntilItWorksAsync(Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await work(stoppingToken);
                _state.Worked();
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                _state.Failed(e, pause);
            }
            await Task.Delay(pause, host.Time, stoppingToken);
        }
    }

    private async Task EndQuietlyAsync()
    {
        try
        {
            await EndAsync();
        }
        catch (Exception e)
        {
            host.Logger.LogError(e, "loop {Loop}: its last work failed", name);
        }
    }
}
