using System.Globalization;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>Calibrates the members on samples that they did not see, makes the bundle, and reports on samples that neither saw.</summary>
public sealed class EvaluateActivity(TrainingSetCache sets, ArtifactStore artifacts, StepMeter meter)
    : WorkflowActivity<EvaluateInput, StepOutcome<EvaluatedModel>>
{
    public override Task<StepOutcome<EvaluatedModel>> RunAsync(WorkflowActivityContext context, EvaluateInput input) =>
        meter.RunAsync(
            "evaluate",
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                var set = await sets.GetAsync(input.Plan, input.Data, cancellationToken);
                if (input.Members.All(m => m.Files.Count == 0))
                {
                    sets.Drop(input.Data);
                    throw new TrainingException(
                        $"no member could be trained: {(set.End - set.Series[0].Fine.Start).TotalHours:0.0} hours of history are too few "
                            + $"(from {input.Data.Source}); train again when there are about three"
                    );
                }
                Dictionary<string, byte[]> files = [];
                foreach (var file in input.Members.SelectMany(m => m.Files))
                    files[file.Path] = await artifacts.LoadAsync(file.Artifact, cancellationToken);

                var (bundle, report) = await Task.Run(
                    () =>
                    {
                        foreach (var (name, content) in EnsembleTraining.Calibrate(set, files, cancellationToken))
                            files[name] = content;
                        var fresh = EnsembleTraining.Bundle(set, files, input.Plan.Ensemble());
                        var figures = EnsembleTraining.Evaluate(set, fresh, cancellationToken);
                        return (EnsembleTraining.WithEvaluation(fresh, figures), figures);
                    },
                    cancellationToken
                );

                var known = input.Members.SelectMany(m => m.Files).Select(f => f.Path).ToHashSet();
                var added = await artifacts.SaveFilesAsync(
                    input.Plan,
                    bundle.ToFiles().Where(f => !known.Contains(f.Key)).ToDictionary(),
                    cancellationToken
                );
                sets.Drop(input.Data);
                return new EvaluatedModel(added, [.. report.Figures.Select(f => new Figure(f.Key, f.Value))], Summary(report), seconds());
            }
        );

    private static string Summary(EvaluationReport report)
    {
        var figures = report.Figures;
        return figures.TryGetValue("eval/detection_rate", out var rate) && figures.TryGetValue("eval/false_alarms_per_day", out var alarms)
            ? string.Create(CultureInfo.InvariantCulture, $"finds {rate * 100:0} % of planted faults, {alarms:0.0} false alarms a day")
            : "no faults could be planted";
    }
}
