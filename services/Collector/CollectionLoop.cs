using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// Once a step, on the grid of the clock: ask every query, then publish what has been answered. Answers that take longer are published with a later
/// step; what was not answered or not published is asked for again, so an outage of Prometheus or of the broker leaves no hole.
/// </summary>
internal sealed class CollectionLoop(
    AnomalyConfiguration configuration,
    QueryCatalog catalog,
    CollectionSchedule schedule,
    RangeCollector collector,
    BatchPublisher publisher,
    QueryProblems problems,
    CollectorMetrics metrics,
    StageMeter stages,
    LoopHost host
) : ServiceLoop("collection", host)
{
    private static readonly TimeSpan RedetectEvery = TimeSpan.FromMinutes(10);

    private readonly TimeSpan _step = configuration.Reader.Step;
    private readonly PartLanes _parts = new();
    private DateTimeOffset _redetect;

    /// <summary>How long a step waits for slow answers before it publishes the others.</summary>
    private TimeSpan Patience => _step / 3;

    protected override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await base.BeginAsync(cancellationToken);
        _redetect = Time.GetUtcNow() + RedetectEvery;
    }

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        // Read once: a timer may fire a little early, and the next step must not be passed over between two looks at the clock.
        var to = TimeGrid.Floor(Time.GetUtcNow(), _step);
        await CollectAsync(to, cancellationToken);
        var now = Time.GetUtcNow();
        if (now >= _redetect || _redetect - now > RedetectEvery)
        {
            _redetect = now + RedetectEvery;
            await RedetectAsync(cancellationToken);
        }
        var left = to + _step - Time.GetUtcNow();
        if (left > TimeSpan.Zero)
            await Task.Delay(left < _step ? left : _step, Time, cancellationToken);
    }

    private async Task CollectAsync(DateTimeOffset to, CancellationToken cancellationToken)
    {
        var begun = Time.GetTimestamp();
        try
        {
            var queries = (await catalog.GetAsync(cancellationToken)).Queries;
            foreach (var line in schedule.Due(queries, to))
                line.Asked = collector.AskAsync(line.Query, line.Next, to, _step, cancellationToken);
            await AnsweredAsync(schedule.UnderWay, cancellationToken);
            if (await PublishAsync(cancellationToken))
            {
                problems.Clear("");
                metrics.Last.Set(to.ToUnixTimeSeconds());
                metrics.Duration.Observe(Time.GetElapsedTime(begun).TotalSeconds);
            }
        }
        catch (PrometheusException e)
        {
            metrics.Failures.WithLabels(e.Failure.ToString().ToLowerInvariant()).Inc();
            problems.Report("", e.Message);
        }
        catch (DaprException e)
        {
            metrics.Failures.WithLabels("publish").Inc();
            problems.Report("", $"pub/sub \"{Topics.PubSub}\" did not take the samples: {(e.InnerException ?? e).Message}; they are collected again");
        }
    }

    private async Task AnsweredAsync(IEnumerable<Task> asked, CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(asked);
        await all.WaitAsync(Patience, Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Publishes the answers that are there, the live ones before those that fill holes.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="DaprException">The broker did not take a message; what is not published is asked for again.</exception>
    private async Task<bool> PublishAsync(CancellationToken cancellationToken)
    {
        var arrived = schedule.Arrived();
        foreach (var span in arrived.GroupBy(a => (a.Answer.From, a.Answer.To)).OrderByDescending(s => s.Key.From))
        {
            var table = stages.Measure(
                Stages.Collect,
                () => QueryTable.Of([.. span.Select(a => (a.Answer.Query, a.Answer.Series))], span.Key.From, _step, Columns(span.Key)),
                t => t.Series.Count * t.Columns
            );
            var first = _parts.First(span.Key.From);
            _parts.Published(first, await publisher.PublishAsync(table, first, cancellationToken), span.Key.To);
            foreach (var (line, answer) in span)
                schedule.Published(line, answer);
        }
        return arrived.Count > 0;
    }

    private int Columns((DateTimeOffset From, DateTimeOffset To) span) => (int)((span.To - span.From) / _step) + 1;

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
