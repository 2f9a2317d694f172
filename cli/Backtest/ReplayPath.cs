using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Path;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>
/// The featurizer's path of a sample, with windows of its own, for some of the workloads: paths beside each other use more than one core.
/// </summary>
internal sealed class ReplayPath : IAnomalyTopic
{
    /// <summary>A backtest remembers all series of the past that it is given.</summary>
    private static readonly SeriesLimits Unlimited = new(int.MaxValue, long.MaxValue, int.MaxValue, int.MaxValue, TimeSpan.MaxValue);

    private readonly Shards _shards = new(new Sharding(1, 1, 0), Unlimited);
    private readonly ReplayScorer _scorer = new();
    private readonly SamplePath _path;
    private readonly WindowHistory _history;
    private readonly List<AnomalyBatchV1> _published = [];

    public ReplayPath(SimulatedTime time)
    {
        var metrics = new ServiceMetrics(new AppIdentity("backtest"));
        var stages = new StageMeter(metrics);
        var readiness = new Readiness();
        readiness.Set();
        var featurizerMetrics = new FeaturizerMetrics(metrics);
        var gate = new SampleGate(time, featurizerMetrics, NullLogger<SampleGate>.Instance);
        _history = new(_shards, gate);
        _path = new(
            _shards,
            readiness,
            gate,
            new AppendSamples(stages),
            new ExtractRows(stages),
            _scorer,
            new DecideScores(stages, featurizerMetrics, time),
            new PublishAnomalies(this, stages)
        );
    }

    public IReadOnlyDictionary<SeriesId, SeriesCoverage> Coverage => _scorer.Coverage;

    public EnsembleScorer? Champion
    {
        set => _scorer.Champion = value;
    }

    public Task LoadAsync(SampleTable coarse, SampleTable fine, CancellationToken cancellationToken) =>
        _history.FillAsync(fine, coarse, cancellationToken);

    /// <summary>Scores a span, column by column.</summary>
    /// <returns>What the incident tracker is told, in order of time.</returns>
    public async Task<IReadOnlyList<AnomalyBatchV1>> RunAsync(SampleTable samples, CancellationToken cancellationToken)
    {
        _published.Clear();
        await _path.RunAsync(new MetricBatch(0, 0, samples), cancellationToken);
        return [.. _published];
    }

    Task IAnomalyTopic.PublishAsync(AnomalyBatchV1 batch, CancellationToken cancellationToken)
    {
        _published.AddRange(batch.ByTime());
        return Task.CompletedTask;
    }
}
