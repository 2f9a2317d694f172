using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// Tells MLflow what waits in the outbox, in order, one process at a time. Local ids become the server's; each step finds what an earlier delivery
/// left, so delivering twice is harmless. What the server refuses for good is logged with its reason and passed over; when the server is away or not
/// set up, the rest waits.
/// </summary>
internal sealed class OutboxReplay(Outbox outbox, LocalRegistry local, MlflowRegistry server, ILogger<OutboxReplay> logger)
{
    /// <returns>How many operations were delivered; 0 when another process is at it.</returns>
    /// <exception cref="MlflowException">The server is away or not set up; what is left waits.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var mine = FileLock.TryTake(Path.Combine(outbox.Folder, "replay.lock"));
        if (mine is null)
            return 0;
        if (await outbox.PendingAsync(server.Location, cancellationToken) == 0)
            return 0;
        var state = await outbox.StateAsync(server.Location, cancellationToken);
        var waiting = await outbox.ReadAsync(state.Delivered, cancellationToken);
        foreach (var operation in waiting)
        {
            if (operation is not null)
                await DeliverAsync(operation, state, cancellationToken);
            state = state with { Delivered = state.Delivered + 1 };
            await outbox.SaveAsync(state, cancellationToken);
        }
        return waiting.Count;
    }

    private async Task DeliverAsync(OutboxOperation operation, DeliveryState state, CancellationToken cancellationToken)
    {
        try
        {
            await ApplyAsync(operation, state, cancellationToken);
        }
        catch (MlflowException e) when (e.Failure is MlflowFailure.Unreachable or MlflowFailure.Setup or MlflowFailure.UnknownRoute)
        {
            throw;
        }
        catch (Exception e) when (e is RegistryException or FileNotFoundException or DirectoryNotFoundException)
        {
            logger.LogError(
                "line {Line} of the outbox ({Operation}) is passed over: {Message}",
                state.Delivered + 1,
                operation.GetType().Name,
                e.Message
            );
        }
    }

    private async Task ApplyAsync(OutboxOperation operation, DeliveryState state, CancellationToken cancellationToken)
    {
        switch (operation)
        {
            case StartRunOperation start:
                state.Runs[start.Run.RunId] = (await server.StartRunAsync(start.Start, cancellationToken)).RunId;
                break;
            case LogParametersOperation parameters:
                await server.LogParametersAsync(Run(parameters.Run, state), parameters.Parameters, cancellationToken);
                break;
            case LogMetricsOperation metrics:
                await server.LogMetricsAsync(Run(metrics.Run, state), metrics.Metrics, cancellationToken);
                break;
            case LogArtifactOperation artifact:
                await server.LogArtifactAsync(
                    Run(artifact.Run, state),
                    artifact.Path,
                    await local.ReadArtifactAsync(artifact.Run, artifact.Path, cancellationToken),
                    cancellationToken
                );
                break;
            case EndRunOperation end:
                await server.EndRunAsync(Run(end.Run, state), end.Status, end.EndedAt, cancellationToken);
                break;
            case RegisterOperation register:
                await RegisterAsync(register, state, cancellationToken);
                break;
            case SetAliasOperation alias:
                await server.SetAliasAsync(
                    alias.Model,
                    alias.Alias,
                    await VersionAsync(alias.Model, alias.Version, state, cancellationToken),
                    cancellationToken
                );
                break;
        }
    }

    private async Task RegisterAsync(RegisterOperation register, DeliveryState state, CancellationToken cancellationToken)
    {
        var (version, run) = (register.Version, Run(register.Run, state));
        var files = await local.DownloadAsync(version, cancellationToken);
        var tags = new Dictionary<string, string>(version.Tags) { [MlflowTags.Version] = version.Version };
        var registered = await server.RegisterAsync(
            new(version.Model, run, version.Sha256, register.Description, files, tags, register.EvaluationMetrics, register.Signature),
            cancellationToken
        );
        state.Versions[$"{version.Model}/{version.Version}"] = registered.Version;
    }

    private static RunReference Run(RunReference run, DeliveryState state) =>
        state.Runs.TryGetValue(run.RunId, out var known)
            ? run with
            {
                RunId = known,
            }
            : throw new RegistryException($"run {run.RunId} was never started on {state.Server}");

    // A version that another machine registered is known by its tag.
    private async Task<string> VersionAsync(string model, string version, DeliveryState state, CancellationToken cancellationToken)
    {
        if (state.Versions.TryGetValue($"{model}/{version}", out var known))
            return known;
        var versions = await server.ListVersionsAsync(model, cancellationToken);
        return versions.FirstOrDefault(v => MirroredRegistry.LocalVersion(v) == version)?.Version
            ?? throw new RegistryException($"model \"{model}\" has no version {version} on {state.Server}");
    }
}
