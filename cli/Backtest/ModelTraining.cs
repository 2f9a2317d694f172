using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>A training as the workflow does it, without its durable steps and its report: the same questions, the same set, the same fits.</summary>
internal sealed class ModelTraining(PrometheusClient client, IReadOnlyList<SignalQuery> queries, TimeSpan step, SchedulerConfiguration scheduler)
{
    public async Task<EnsembleScorer> TrainAsync(DateTimeOffset at, int number, CancellationToken cancellationToken)
    {
        var input = new TrainModelInput(
            PromDuration.Format(TrainingWindow.FullResolutionOf(scheduler.FitWindow)),
            "schedule",
            CoarseWindow: PromDuration.Format(scheduler.FitWindow)
        );
        var plan = input.Plan($"backtest-{number}", at);
        var tables = new TrainingTables();
        foreach (var query in queries)
        {
            tables.Add(await HistoryAsync(query, plan.FineFrom, at, step, cancellationToken), isCoarse: false);
            tables.Add(await HistoryAsync(query, plan.CoarseFrom, at, TrainingPlan.CoarseStep, cancellationToken), isCoarse: true);
        }
        var set = tables.ToSet(plan, step, client.Url);
        return await Task.Run(() => Fit(set, plan.Ensemble(), number, cancellationToken), cancellationToken);
    }

    private async Task<SampleTable> HistoryAsync(
        SignalQuery query,
        DateTimeOffset from,
        DateTimeOffset to,
        TimeSpan resolution,
        CancellationToken cancellationToken
    )
    {
        var (start, end) = (TimeGrid.Floor(from, resolution), TimeGrid.Floor(to, resolution));
        var answer = await client.QueryRangeAsync(query.Query, start, end, resolution, cancellationToken);
        return QueryTable.Of([(query, answer)], start, resolution, (int)((end - start) / resolution) + 1);
    }

    private static EnsembleScorer Fit(TrainingSet set, EnsembleOptions options, int number, CancellationToken cancellationToken)
    {
        var bundle =
            WholeTraining.Run(set, options, MemberName.All, _ => { }, cancellationToken)
            ?? throw new UserException("no member could be trained on the history", ExitCodes.Failure);
        return EnsembleScorer.Load(bundle.WithVersion(number.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }
}
