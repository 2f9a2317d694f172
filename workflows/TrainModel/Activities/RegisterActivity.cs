using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>Writes the training into the registry: run, parameters, figures, data set, and the bundle as the next version. Running twice leaves one
/// run and one version.</summary>
public sealed class RegisterActivity(IModelRegistry registry, ArtifactStore artifacts, StepMeter meter)
    : WorkflowActivity<RegisterInput, StepOutcome<RegisteredModel>>
{
    private const string Experiment = "anomaly-detector-training";

    public override Task<StepOutcome<RegisteredModel>> RunAsync(WorkflowActivityContext context, RegisterInput input) =>
        meter.RunAsync(
            "register",
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                var (plan, data) = (input.Plan, input.Data);
                Dictionary<string, byte[]> files = [];
                foreach (var file in input.Members.SelectMany(m => m.Files).Concat(input.Evaluated.Files))
                    files[file.Path] = await artifacts.LoadAsync(file.Artifact, cancellationToken);
                var sha256 = Digest(files);

                var run = await registry.StartRunAsync(
                    new(
                        Experiment,
                        plan.InstanceId,
                        plan.InstanceId,
                        plan.To,
                        new Dictionary<string, string>
                        {
                            ["anomaly.workflow_id"] = plan.InstanceId,
                            ["anomaly.trigger"] = plan.Trigger,
                            ["anomaly.sha256"] = sha256,
                        },
                        new DataSetReference(
                            "prometheus",
                            data.Digest[..32],
                            JsonSerializer.Serialize(
                                new
                                {
                                    url = data.Source,
                                    from = plan.CoarseFrom,
                                    to = plan.To,
                                    queries = data.Frames.Select(f => f.Name).Distinct(),
                                },
                                MessageJson.Options
                            )
                        )
                    ),
                    cancellationToken
                );
                await registry.LogParametersAsync(run, Parameters(input), cancellationToken);
                RunMetric[] metrics =
                [
                    .. input
                        .Members.SelectMany(m => m.Figures)
                        .Concat(input.Evaluated.Figures)
                        .Where(f => double.IsFinite(f.Value))
                        .Select(f => new RunMetric(f.Name, f.Value, plan.To + TimeSpan.FromMilliseconds(f.Step), f.Step)),
                ];
                await registry.LogMetricsAsync(run, metrics, cancellationToken);
                await registry.LogArtifactAsync(
                    run,
                    "evaluation.json",
                    JsonSerializer.SerializeToUtf8Bytes(input.Evaluated.Figures.ToDictionary(f => f.Name, f => f.Value), MessageJson.Options),
                    cancellationToken
                );

                if (TrainingNotes.Of(data, input.Members) is { Count: > 0 } notes)
                    await registry.LogArtifactAsync(run, "notes.txt", Encoding.UTF8.GetBytes(string.Join('\n', notes) + "\n"), cancellationToken);

                var version = await registry.RegisterAsync(
                    new(
                        ModelAliases.Model,
                        run,
                        sha256,
                        $"Trained on {data.SeriesCount} series until {plan.To:u}. {input.Evaluated.Summary}",
                        files,
                        new Dictionary<string, string> { ["anomaly.sha256"] = sha256, ["anomaly.workflow_id"] = plan.InstanceId },
                        input.Evaluated.Figures.Where(f => double.IsFinite(f.Value)).ToDictionary(f => f.Name, f => f.Value),
                        Signature(files.Keys)
                    ),
                    cancellationToken
                );
                await registry.EndRunAsync(run, RunStatus.Finished, cancellationToken);
                return new RegisteredModel(version.Model, version.Version, run.RunId, sha256, seconds());
            }
        );

    private static Dictionary<string, string> Parameters(RegisterInput input)
    {
        Dictionary<string, string> parameters = new()
        {
            ["window"] = input.Plan.Window.ToString("c", CultureInfo.InvariantCulture),
            ["coarse_window"] = input.Plan.CoarseWindow.ToString("c", CultureInfo.InvariantCulture),
            ["step_seconds"] = input.Data.Step.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            ["seed"] = input.Plan.Seed.ToString(CultureInfo.InvariantCulture),
            ["series"] = input.Data.SeriesCount.ToString(CultureInfo.InvariantCulture),
            ["samples"] = input.Data.SampleCount.ToString(CultureInfo.InvariantCulture),
            ["trigger"] = input.Plan.Trigger,
            ["members"] = string.Join(',', input.Members.Where(m => m.Files.Count > 0).Select(m => m.Member)),
        };
        if (input.Plan.Scheduler is { } scheduler)
            parameters["scheduler"] = scheduler;
        return parameters;
    }

    /// <summary>The file whose inputs and outputs stand for the model: of those that are there, the one of most series.</summary>
    private static string Signature(IReadOnlyCollection<string> files) =>
        new[] { EnsembleFiles.Lstm, EnsembleFiles.Seasonal }.FirstOrDefault(files.Contains)
        ?? files.Where(f => f.EndsWith(".onnx", StringComparison.Ordinal)).Order(StringComparer.Ordinal).First();

    private static string Digest(Dictionary<string, byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(content);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
