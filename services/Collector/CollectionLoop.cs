using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// Once a step, on the grid of the clock: query, then publish one batch for each shard. What could not be collected or published is asked for again
/// with the next step, up to an hour back, so an outage of Prometheus or of the broker leaves no hole.
/// </summary>
internal sealed class CollectionLoop(
    AnomalyConfiguration configuration,
    QueryCatalog catalog,
    RangeCollector collector,
    BatchPublisher publisher,
    QueryProblems problems,
    CollectorMetrics metrics,
    LoopHost host,
    ILogger<CollectionLoop> logger
) : ServiceLoop("collection", host)
{
    private static readonly TimeSpan MaxGap = TimeSpan.FromHours(1);
    private static readonly TimeSpan RedetectEvery = TimeSpan.FromMinutes(10);

    private readonly TimeSpan _step = configuration.Reader.Step;
    private DateTimeOffset _next;
    private DateTimeOffset _redetect;

    protected override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await base.BeginAsync(cancellationToken);
        _next = Grid(Time.GetUtcNow());
        _redetect = Time.GetUtcNow() + RedetectEvery;
    }

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        var to = Grid(Time.GetUtcNow());
        if (to >= _next)
        {
            if (to - _next > MaxGap)
            {
                logger.LogWarning("{From:u} to {To:u} is not filled: more than {Limit} without a collection", _next, to - MaxGap, MaxGap);
                _next = to - MaxGap;
            }
            if (await CollectAsync(_next, to, cancellationToken))
                _next = to + _step;
            if (Time.GetUtcNow() >= _redetect)
            {
                _redetect = Time.GetUtcNow() + RedetectEvery;
                await RedetectAsync(cancellationToken);
            }
        }
        var wait = Grid(Time.GetUtcNow()) + _step - Time.GetUtcNow();
        await Task.Delay(wait, Time, cancellationToken);
    }

    private DateTimeOffset Grid(DateTimeOffset instant) => TimeGrid.Floor(instant, _step);

    /// <returns>False when the span has to be asked for again.</returns>
    private async Task<bool> CollectAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var begun = Time.GetTimestamp();
        try
        {
            var queries = (await catalog.GetAsync(cancellationToken)).Queries;
            if (await collector.CollectAsync(queries, from, to, _step, cancellationToken) is not { } collected)
                return false;
            await publisher.PublishAsync(collected, cancellationToken);
            problems.Clear("");
            metrics.Last.Set(to.ToUnixTimeSeconds());
            metrics.Duration.Observe(Time.GetElapsedTime(begun).TotalSeconds);
            return true;
        }
        catch (PrometheusException e)
        {
            metrics.Failures.WithLabels(e.Failure.ToString().ToLowerInvariant()).Inc();
            problems.Report("", e.Message);
            return false;
        }
        catch (DaprException e)
        {
            metrics.Failures.WithLabels("publish").Inc();
            problems.Report("", $"pub/sub \"{Topics.PubSub}\" did not take the samples: {(e.InnerException ?? e).Message}; they are collected again");
            return false;
        }
    }

    private async Task RedetectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await catalog.RefreshAsync(cancellationToken);
        }
        catch (PrometheusException e)
        {
            problems.Report("", e.Message);
        }
    }
}
