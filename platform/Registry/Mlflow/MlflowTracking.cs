namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>Experiments and runs.</summary>
internal sealed class MlflowTracking(MlflowTransport transport)
{
    private const int MetricsInBatch = 1000;
    private const int PairsInBatch = 100;

    /// <summary>The experiment of that name: found, restored when it was deleted, or created.</summary>
    public async Task<string> ExperimentAsync(string name, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        try
        {
            return await FindExperimentAsync(name, cancellationToken);
        }
        catch (MlflowException e) when (e.Failure == MlflowFailure.NotFound)
        {
            return await CreateExperimentAsync(name, tags, cancellationToken);
        }
    }

    /// <summary>The run that carries a tag with this value, or null.</summary>
    public async Task<Run?> FindRunAsync(string experiment, string tag, string value, CancellationToken cancellationToken)
    {
        var found = await transport.SendAsync<RunsFound>(
            HttpMethod.Post,
            "/mlflow/runs/search",
            new
            {
                experiment_ids = new[] { experiment },
                filter = $"tags.`{tag}` = '{value}'",
                max_results = 2,
            },
            true,
            cancellationToken
        );
        return found.Runs?.FirstOrDefault();
    }

    /// <summary>The nested runs of a run.</summary>
    public async Task<IReadOnlyList<Run>> ChildrenAsync(RunInfo parent, CancellationToken cancellationToken)
    {
        var found = await transport.SendAsync<RunsFound>(
            HttpMethod.Post,
            "/mlflow/runs/search",
            new
            {
                experiment_ids = new[] { parent.ExperimentId },
                filter = $"tags.`{MlflowTags.Parent}` = '{parent.RunId}'",
                max_results = 100,
            },
            true,
            cancellationToken
        );
        return found.Runs ?? [];
    }

    public async Task<Run> CreateRunAsync(
        string experiment,
        string name,
        DateTimeOffset startedAt,
        IReadOnlyDictionary<string, string> tags,
        CancellationToken cancellationToken
    ) =>
        (
            await transport.SendAsync<RunAnswer>(
                HttpMethod.Post,
                "/mlflow/runs/create",
                new
                {
                    experiment_id = experiment,
                    run_name = name,
                    start_time = startedAt.ToUnixTimeMilliseconds(),
                    tags = MlflowTags.Pairs(tags),
                },
                false,
                cancellationToken
            )
        ).Run;

    public async Task<Run> RunAsync(string run, CancellationToken cancellationToken) =>
        (await transport.GetAsync<RunAnswer>("/mlflow/runs/get", cancellationToken, ("run_id", run))).Run;

    /// <summary>Says that a run read a data set; again is harmless.</summary>
    public Task LogInputAsync(string run, DataSetReference data, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post,
            "/mlflow/runs/log-inputs",
            new
            {
                run_id = run,
                datasets = new[] { new DataSetInput(new(data.Name, data.Digest, "http", data.Source), [new("mlflow.data.context", "training")]) },
            },
            cancellationToken
        );

    public async Task LogParametersAsync(string run, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        foreach (var batch in parameters.Select(p => new Pair(MlflowNames.Key(p.Key), MlflowNames.Parameter(p.Value))).Chunk(PairsInBatch))
            await transport.SendAsync(HttpMethod.Post, "/mlflow/runs/log-batch", new { run_id = run, @params = batch }, cancellationToken);
    }

    public async Task SetTagsAsync(string run, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        foreach (var batch in MlflowTags.Pairs(tags).Chunk(PairsInBatch))
            await transport.SendAsync(HttpMethod.Post, "/mlflow/runs/log-batch", new { run_id = run, tags = batch }, cancellationToken);
    }

    /// <summary>An identical point (key, value, time, step) is stored once.</summary>
    public async Task LogMetricsAsync(string run, IEnumerable<Metric> metrics, CancellationToken cancellationToken)
    {
        foreach (var batch in metrics.Chunk(MetricsInBatch))
            await transport.SendAsync(HttpMethod.Post, "/mlflow/runs/log-batch", new { run_id = run, metrics = batch }, cancellationToken);
    }

    /// <summary>Ties a model to its run. Twice is refused by the server, so look at the run's outputs first.</summary>
    public Task LogOutputAsync(string run, string modelId, CancellationToken cancellationToken) =>
        transport.SendAsync<object>(
            HttpMethod.Post,
            "/mlflow/runs/outputs",
            new { run_id = run, models = new[] { new ModelOutput(modelId, 0) } },
            false,
            cancellationToken
        );

    /// <summary>The way before MLflow 3: the run remembers that a folder of its artifacts is a model.</summary>
    public Task LogModelAsync(string run, string modelJson, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Post, "/mlflow/runs/log-model", new { run_id = run, model_json = modelJson }, cancellationToken);

    public async Task EndRunAsync(string run, string status, DateTimeOffset endedAt, CancellationToken cancellationToken)
    {
        var answer = await transport.SendAsync<RunUpdated>(
            HttpMethod.Post,
            "/mlflow/runs/update",
            new
            {
                run_id = run,
                status,
                end_time = endedAt.ToUnixTimeMilliseconds(),
            },
            true,
            cancellationToken
        );
        if (answer.RunInfo.Status != status)
            throw new MlflowException(MlflowFailure.Refused, $"MLflow at {transport.Server} left run {run} {answer.RunInfo.Status}; wanted {status}");
    }

    private async Task<string> FindExperimentAsync(string name, CancellationToken cancellationToken)
    {
        var found = (
            await transport.GetAsync<ExperimentAnswer>("/mlflow/experiments/get-by-name", cancellationToken, ("experiment_name", name))
        ).Experiment;
        if (found.LifecycleStage == "deleted")
            await transport.SendAsync(HttpMethod.Post, "/mlflow/experiments/restore", new { experiment_id = found.ExperimentId }, cancellationToken);
        return found.ExperimentId;
    }

    private async Task<string> CreateExperimentAsync(string name, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        try
        {
            return (
                await transport.SendAsync<ExperimentCreated>(
                    HttpMethod.Post,
                    "/mlflow/experiments/create",
                    new { name, tags = MlflowTags.Pairs(tags) },
                    true,
                    cancellationToken
                )
            ).ExperimentId;
        }
        catch (MlflowException e) when (e.Failure == MlflowFailure.AlreadyExists)
        {
            return await FindExperimentAsync(name, cancellationToken);
        }
    }
}
