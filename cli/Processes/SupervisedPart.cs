namespace Dapr.Anomaly.Cli.Processes;

/// <summary>
/// A part that is started again when it ends. The first start either works or throws; later ones are tried until one works, with a pause that
/// doubles. One trouble is told once: when it begins, and when the part has been up for a while again.
/// </summary>
internal sealed class SupervisedPart : IAsyncDisposable
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>After so long without an end a part is well again.</summary>
    public static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly Func<CancellationToken, Task<IRunningPart>> _start;
    private readonly Action<PartChange> _tell;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private IRunningPart? _current;
    private Task _watching = Task.CompletedTask;
    private string? _told;

    private SupervisedPart(
        string name,
        IRunningPart current,
        Func<CancellationToken, Task<IRunningPart>> start,
        Action<PartChange> tell,
        TimeProvider time
    ) => (_name, _current, _start, _tell, _time) = (name, current, start, tell, time);

    /// <summary>Completes when the part has no more to do, or is disposed.</summary>
    public Task Finished => _watching;

    /// <summary>Starts the part and, when that worked, watches it.</summary>
    /// <param name="tell">Called for each trouble that begins and ends; must not throw.</param>
    public static async Task<SupervisedPart> StartAsync(
        string name,
        Func<CancellationToken, Task<IRunningPart>> start,
        Action<PartChange> tell,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var part = new SupervisedPart(name, await start(cancellationToken), start, tell, time);
        part._watching = part.WatchAsync(part._stop.Token);
        return part;
    }

    /// <summary>From now on an end is no trouble: it is neither told nor mended.</summary>
    public async Task StopWatchingAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopWatchingAsync();
        if (_current is { } part)
            await part.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var part = _current!;
            if (await IsSteadyAsync(part, cancellationToken))
            {
                pause = FirstPause;
                if (_told is not null)
                    _tell(new(_name, IsUp: true, "runs again"));
                _told = null;
            }
            if (await part.Ended.WaitAsync(cancellationToken) is not { } reason)
                return;
            _current = null;
            await part.DisposeAsync();
            pause = await StartAgainAsync(reason, pause, cancellationToken);
        }
    }

    private async Task<bool> IsSteadyAsync(IRunningPart part, CancellationToken cancellationToken)
    {
        try
        {
            await part.Ended.WaitAsync(Steady, _time, cancellationToken);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    /// <returns>The pause before the next start, should there be one soon.</returns>
    private async Task<TimeSpan> StartAgainAsync(string reason, TimeSpan pause, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (reason != _told)
                _tell(new(_name, IsUp: false, $"{reason}; it is started again in {pause.TotalSeconds:0} s"));
            _told = reason;
            await Task.Delay(pause, _time, cancellationToken);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            try
            {
                _current = await _start(cancellationToken);
                return pause;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever keeps it from starting may pass; the pause bounds what trying costs.
                reason = $"does not start: {e.Message}";
            }
        }
    }
}

/// <summary>A part of the system went down or is up again.</summary>
/// <param name="Part">The service's app id.</param>
/// <param name="Text">What happened and what is done about it, for people.</param>
public sealed record PartChange(string Part, bool IsUp, string Text);
