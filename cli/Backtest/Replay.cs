using System.Diagnostics;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>
/// The product by simulated time: train on the past, then collect, score and track sample by sample, and train again whenever its scheduler would.
/// A new model is in use from the instant of its training on.
/// </summary>
internal sealed class Replay
{
    private static readonly TimeSpan Chunk = TimeSpan.FromHours(6);

    private readonly PrometheusClient _client;
    private readonly BacktestOptions _options;
    private readonly RangeCollector _collector;
    private readonly QueryProblems _problems;
    private readonly SimulatedTime _time;
    private readonly ReplayPath[] _paths;
    private readonly ReplayIncidents _incidents;
    private readonly Stopwatch _training = new();
    private readonly Stopwatch _collecting = new();

    public Replay(PrometheusClient client, BacktestOptions options, DateTimeOffset from)
    {
        (_client, _options, _time) = (client, options, new(from));
        _problems = new(NullLogger<QueryProblems>.Instance);
        _collector = new(client, _problems, new CollectorMetrics(new ServiceMetrics(new AppIdentity("backtest"))));
        _paths = [.. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount)).Select(_ => new ReplayPath(_time))];
        _incidents = new(options.Alerts);
    }

    public async Task<ReplayResult> RunAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var queries = await QueriesAsync(from, cancellationToken);
        var training = new ModelTraining(_client, queries, _options.Step, _options.Scheduler);
        await BackfillAsync(queries, from, cancellationToken);
        EnsembleScorer? champion = null;
        var (trained, samples, identities) = (0, 0L, new Dictionary<SeriesId, SeriesIdentity>());
        try
        {
            for (var at = from; at < to; )
            {
                if (champion is null || at >= from + trained * _options.Scheduler.FitEvery)
                {
                    _training.Start();
                    var next = await training.TrainAsync(at, ++trained, cancellationToken);
                    _training.Stop();
                    champion?.Dispose();
                    champion = next;
                    foreach (var path in _paths)
                        path.Champion = champion;
                }
                var end = Earlier(Earlier(at + Chunk, to), from + trained * _options.Scheduler.FitEvery);
                _collecting.Start();
                var table = await CollectAsync(queries, at, end - _options.Step, _options.Step, cancellationToken);
                _collecting.Stop();
                samples += table.SampleCount;
                foreach (var series in table.Series)
                    identities.TryAdd(series.Series.Id, series.Series);
                _time.Now = end;
                await ScoreAsync(table, champion.Manifest.Risk, cancellationToken);
                at = end;
            }
        }
        finally
        {
            champion?.Dispose();
        }
        return new(
            from,
            to,
            _incidents.Opened,
            [.. _paths.SelectMany(p => p.Coverage).Select(c => (identities[c.Key], c.Value))],
            trained,
            samples,
            watch.Elapsed,
            _training.Elapsed,
            _collecting.Elapsed
        );
    }

    private async Task<IReadOnlyList<SignalQuery>> QueriesAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        var configuration = AnomalyConfiguration.ForUrl(new Uri(_client.Url));
        _time.Now = at;
        return (await new QueryCatalog(configuration, _client, _time, NullLogger<QueryCatalog>.Instance).GetAsync(cancellationToken)).Queries;
    }

    private async Task BackfillAsync(IReadOnlyList<SignalQuery> queries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (start, end) = WindowHistory.FineSpan(now, _options.Step);
        var fine = await CollectAsync(queries, start, end, _options.Step, cancellationToken);
        var (coarseStart, coarseEnd) = WindowHistory.CoarseSpan(now, fine);
        var coarse = await CollectAsync(queries, coarseStart, coarseEnd, WindowHistory.CoarseStep, cancellationToken);
        foreach (var (path, number) in _paths.Select((p, i) => (p, i)))
            await path.LoadAsync(Part(coarse, number), Part(fine, number), cancellationToken);
    }

    private async Task<SampleTable> CollectAsync(
        IReadOnlyList<SignalQuery> queries,
        DateTimeOffset start,
        DateTimeOffset end,
        TimeSpan step,
        CancellationToken cancellationToken
    )
    {
        var answers = await Task.WhenAll(queries.Select(q => _collector.AskAsync(q, start, end, step, cancellationToken)));
        QueryAnswer[] answered = [.. answers.OfType<QueryAnswer>()];
        return answered.Length > 0
            ? QueryTable.Of([.. answered.Select(a => (a.Query, a.Series))], start, step, (int)((end - start) / step) + 1)
            : throw new UserException(
                $"{_client.Url} did not answer for {start:u} to {end:u}: {string.Join("; ", _problems.Current)}",
                ExitCodes.DependencyDown
            );
    }

    private async Task ScoreAsync(SampleTable table, double risk, CancellationToken cancellationToken)
    {
        var parts = await Task.WhenAll(
            _paths.Select((path, number) => Task.Run(() => path.RunAsync(Part(table, number), cancellationToken), cancellationToken))
        );
        foreach (var instant in parts.SelectMany(p => p).GroupBy(b => b.Timestamp).OrderBy(g => g.Key))
        {
            AnomalyV1[] anomalies = [.. instant.SelectMany(b => b.Anomalies).OrderBy(a => a.Series.Id.Fingerprint)];
            _incidents.Observe(instant.First() with { Anomalies = anomalies }, risk);
        }
    }

    /// <summary>The series of one path.</summary>
    private SampleTable Part(SampleTable table, int number) =>
        table.Slice(
            [
                .. Enumerable
                    .Range(0, table.Series.Count)
                    .Where(row => (int)(table.Series[row].Series.Id.Fingerprint % (ulong)_paths.Length) == number),
            ],
            0,
            table.Columns
        );

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

/// <summary>What a replay left.</summary>
/// <param name="Coverage">Of each series that had a sample.</param>
/// <param name="Trainings">How often a model was fitted.</param>
/// <param name="Elapsed">Of the whole, trainings and questions included.</param>
internal sealed record ReplayResult(
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<OpenedIncident> Incidents,
    IReadOnlyList<(SeriesIdentity Series, SeriesCoverage Coverage)> Coverage,
    int Trainings,
    long Samples,
    TimeSpan Elapsed,
    TimeSpan Training,
    TimeSpan Collecting
);
