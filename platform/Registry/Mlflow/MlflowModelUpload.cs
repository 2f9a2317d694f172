namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// Brings a model into MLflow in the order in which each step can be repeated: LoggedModel (pending), files with <c>MLmodel</c> last, ready, link to
/// the run, evaluation metrics on the model, registered model, version, tags, alias <c>challenger</c>. Servers before 3 have no LoggedModels: there
/// the files live under the run.
/// </summary>
internal sealed class MlflowModelUpload(MlflowClient client, TimeProvider time)
{
    public const string Challenger = "challenger";
    private const string RunFolder = "model";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public async Task<Version> UploadAsync(ModelRegistration registration, CancellationToken cancellationToken)
    {
        var run = await client.Tracking.RunAsync(registration.Run.RunId, cancellationToken);
        await client.Tracking.SetTagsAsync(
            run.Info.RunId,
            new Dictionary<string, string> { [MlflowTags.Note] = registration.Description, [MlflowTags.Sha256] = registration.Sha256 },
            cancellationToken
        );
        var model = await LoggedModelAsync(run, registration, cancellationToken);
        var source = model?.ArtifactUri ?? $"{run.Info.ArtifactUri}/{RunFolder}";
        if (model is null)
            await ToRunAsync(run, registration, source, cancellationToken);
        else
            await ToModelAsync(run, model, registration, cancellationToken);
        await client.Tracking.LogMetricsAsync(run.Info.RunId, Evaluation(run, model, registration), cancellationToken);
        return await VersionAsync(run, model, source, registration, cancellationToken);
    }

    private async Task<LoggedModelInfo?> LoggedModelAsync(Run run, ModelRegistration registration, CancellationToken cancellationToken)
    {
        var outboxId = $"{run.Info.RunId}-{LocalRegistry.Digest(System.Text.Encoding.UTF8.GetBytes(registration.Sha256))[..12]}";
        try
        {
            if (await client.Models.FindAsync(run.Info.ExperimentId, MlflowTags.OutboxId, outboxId, cancellationToken) is { } known)
                return known;
            var tags = MlflowTags.Source();
            foreach (var (key, value) in registration.Tags)
                tags[key] = value;
            tags[MlflowTags.Note] = registration.Description;
            tags[MlflowTags.OutboxId] = outboxId;
            tags[MlflowTags.Sha256] = registration.Sha256;
            return await client.Models.CreateAsync(
                run.Info,
                MlflowNames.LoggedModel(registration.Model),
                "onnx",
                run.Data?.Params ?? [],
                tags,
                cancellationToken
            );
        }
        catch (MlflowException e) when (e.Failure == MlflowFailure.UnknownRoute)
        {
            return null;
        }
    }

    private async Task ToModelAsync(Run run, LoggedModelInfo model, ModelRegistration registration, CancellationToken cancellationToken)
    {
        try
        {
            await client.Artifacts.PutAsync(model.ArtifactUri, Files(registration, model.ArtifactUri, model.ModelId, run), cancellationToken);
        }
        catch (MlflowException e) when (e.Failure is MlflowFailure.Refused or MlflowFailure.Setup)
        {
            await client.Models.SetStatusAsync(model.ModelId, MlflowModels.UploadFailed, cancellationToken);
            throw;
        }
        await client.Models.SetStatusAsync(model.ModelId, MlflowModels.Ready, cancellationToken);
        if (run.Outputs?.ModelOutputs?.Any(o => o.ModelId == model.ModelId) != true)
            await client.Tracking.LogOutputAsync(run.Info.RunId, model.ModelId, cancellationToken);
    }

    private async Task ToRunAsync(Run run, ModelRegistration registration, string source, CancellationToken cancellationToken)
    {
        await client.Artifacts.PutAsync(source, Files(registration, RunFolder, null, run), cancellationToken);
        await client.Tracking.LogModelAsync(
            run.Info.RunId,
            MlmodelFiles.RunModelJson(registration, RunFolder, run.Info.RunId, StartedAt(run)),
            cancellationToken
        );
    }

    private static List<(string, byte[])> Files(ModelRegistration registration, string artifactPath, string? modelId, Run run)
    {
        var uuid = LocalRegistry.Digest(System.Text.Encoding.UTF8.GetBytes($"{run.Info.RunId}\n{registration.Sha256}"))[..32];
        var all = new Dictionary<string, byte[]>(MlmodelFiles.Environment);
        foreach (var (path, content) in registration.Files)
            all[path] = content;
        all[FileDigests.Name] = FileDigests.Write(registration.Files);
        all.Remove(MlmodelFiles.Mlmodel);
        return
        [
            .. all.Select(f => (f.Key, f.Value)),
            (MlmodelFiles.Mlmodel, MlmodelFiles.Text(registration, artifactPath, modelId, run.Info.RunId, uuid, StartedAt(run))),
        ];
    }

    // The time is fixed so that a repetition stores the same points, and one later than the run's own, which may hold the same values without the
    // model.
    private static IEnumerable<Metric> Evaluation(Run run, LoggedModelInfo? model, ModelRegistration registration)
    {
        var data = model is null ? null : run.Inputs?.DatasetInputs?.FirstOrDefault()?.Dataset;
        return registration.EvaluationMetrics.Select(m => new Metric(
            MlflowNames.Key(m.Key),
            MlflowRegistry.Rounded(m.Value),
            run.Info.StartTime + 1,
            0
        )
        {
            ModelId = model?.ModelId,
            DatasetName = data?.Name,
            DatasetDigest = data?.Digest,
        });
    }

    private async Task<Version> VersionAsync(
        Run run,
        LoggedModelInfo? model,
        string source,
        ModelRegistration registration,
        CancellationToken cancellationToken
    )
    {
        await client.Versions.EnsureModelAsync(
            registration.Model,
            "ONNX ensemble that scores the metrics of workloads. `@champion` scores, `@challenger` waits for it, `@previous` is the way back.",
            new Dictionary<string, string> { ["anomaly.kind"] = "ensemble" },
            cancellationToken
        );
        var tags = new Dictionary<string, string>
        {
            [MlflowTags.Digest] = registration.Sha256.Length > 12 ? registration.Sha256[..12] : registration.Sha256,
        };
        foreach (var (key, value) in registration.Tags)
            tags[key] = value;
        tags[MlflowTags.Sha256] = registration.Sha256;
        tags[MlflowTags.Files] = LocalRegistry.Digest(FileDigests.Write(registration.Files));
        if (model is not null)
            tags[MlflowTags.ModelId] = model.ModelId;
        var created = await client.Versions.CreateAsync(
            registration.Model,
            source,
            run.Info.RunId,
            model?.ModelId,
            registration.Description,
            tags,
            cancellationToken
        );
        var ready = await ReadyAsync(created, cancellationToken);
        await client.Versions.SetAliasAsync(registration.Model, Challenger, ready.Number, cancellationToken);
        return ready;
    }

    private async Task<Version> ReadyAsync(Version version, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        while (version.Status != "READY")
        {
            if (version.Status == "FAILED_REGISTRATION" || time.GetElapsedTime(begun) > Patience)
                throw new MlflowException(
                    MlflowFailure.Refused,
                    $"MLflow at {client.Server}: version {version.Number} of \"{version.Name}\" is {version.Status} after "
                        + $"{time.GetElapsedTime(begun).TotalSeconds:0} s"
                );
            await Task.Delay(Poll, time, cancellationToken);
            version = await client.Versions.GetAsync(version.Name, version.Number, cancellationToken);
        }
        return version;
    }

    private static DateTimeOffset StartedAt(Run run) => DateTimeOffset.FromUnixTimeMilliseconds(run.Info.StartTime);
}
