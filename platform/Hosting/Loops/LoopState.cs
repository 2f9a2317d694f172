using Dapr.Anomaly.Platform.Messages;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>Whether a loop works; tells each trouble once, when it begins, changes and ends.</summary>
internal sealed class LoopState
{
    private readonly string _name;
    private readonly Counter.Child _failures;
    private readonly Gauge.Child _up;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile LoopDown? _down;

    public LoopState(string name, Counter.Child failures, Gauge.Child up, TimeProvider time, ILogger logger)
    {
        (_name, _failures, _up, _time, _logger) = (name, failures, up, time, logger);
        _up.Set(1);
    }

    public bool HasBegun { get; private set; }

    public LoopDown? Down => _down;

    public void Worked()
    {
        HasBegun = true;
        if (_down is { } down)
            _logger.LogInformation("loop {Loop}: works again after {Seconds:0} s", _name, (_time.GetUtcNow() - down.Since).TotalSeconds);
        _down = null;
        _up.Set(1);
    }

    public void Failed(Exception exception, TimeSpan pause)
    {
        _failures.Inc();
        _up.Set(0);
        var reason = Reason(exception);
        if (reason != _down?.Reason)
            _logger.LogError(exception, "loop {Loop}: {Reason}; tried again in {Pause:0} s", _name, reason, pause.TotalSeconds);
        _down = new(_name, _down?.Since ?? _time.GetUtcNow(), reason);
    }

    private static string Reason(Exception exception) => exception is DaprException { InnerException: { } inner } ? inner.Message : exception.Message;
}
