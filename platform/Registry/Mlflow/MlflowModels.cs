namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>LoggedModels: models as things of their own, since MLflow 3.</summary>
internal sealed class MlflowModels(MlflowTransport transport)
{
    public const string Ready = "LOGGED_MODEL_READY";
    public const string UploadFailed = "LOGGED_MODEL_UPLOAD_FAILED";

    public async Task<LoggedModelInfo?> FindAsync(string experiment, string tag, string value, CancellationToken cancellationToken)
    {
        var found = await transport.SendAsync<LoggedModelsFound>(
            HttpMethod.Post,
            "/mlflow/logged-models/search",
            new
            {
                experiment_ids = new[] { experiment },
                filter = $"tags.`{tag}` = '{value}'",
                max_results = 2,
            },
            true,
            cancellationToken
        );
        return found.Models?.FirstOrDefault()?.Info;
    }

    /// <summary>Parameters go with the creation: sent later, the same ones again are refused.</summary>
    public async Task<LoggedModelInfo> CreateAsync(
        RunInfo run,
        string name,
        string type,
        Pair[] parameters,
        IReadOnlyDictionary<string, string> tags,
        CancellationToken cancellationToken
    ) => (
            await transport.SendAsync<LoggedModelAnswer>(
                HttpMethod.Post,
                "/mlflow/logged-models",
                new
                {
                    experiment_id = run.ExperimentId,
                    name,
                    model_type = type,
                    source_run_id = run.RunId,
                    @params = parameters,
                    tags = MlflowTags.Pairs(tags),
                },
                false,
                cancellationToken
            )
        ).Model.Info;

    /// <summary>A misspelt status is answered with 200, so the answer is compared.</summary>
    public async Task SetStatusAsync(string modelId, string status, CancellationToken cancellationToken)
    {
        var answer = await transport.SendAsync<LoggedModelAnswer>(
            HttpMethod.Patch,
            $"/mlflow/logged-models/{modelId}",
            new { model_id = modelId, status },
            true,
            cancellationToken
        );
        if (answer.Model.Info.Status != status)
            throw new MlflowException(
                MlflowFailure.Refused,
                $"MLflow at {transport.Server} left model {modelId} {answer.Model.Info.Status}; wanted {status}"
            );
    }
}
