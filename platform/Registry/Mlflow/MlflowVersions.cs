namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>Registered models, their versions and aliases.</summary>
internal sealed class MlflowVersions(MlflowTransport transport)
{
    private const int PageSize = 1000;

    /// <summary>Creates the registered model; that it exists is fine.</summary>
    public async Task EnsureModelAsync(string name, string description, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        try
        {
            await transport.SendAsync(
                HttpMethod.Post,
                "/mlflow/registered-models/create",
                new
                {
                    name,
                    description,
                    tags = MlflowTags.Pairs(tags),
                },
                cancellationToken
            );
        }
        catch (MlflowException e) when (e.Failure == MlflowFailure.AlreadyExists)
        {
            // Somebody was first, or this is a repetition.
        }
    }

    /// <param name="modelId">The LoggedModel, or null on servers before 3. It never comes out again, so it is kept as a tag.</param>
    public async Task<Version> CreateAsync(
        string name,
        string source,
        string run,
        string? modelId,
        string description,
        IReadOnlyDictionary<string, string> tags,
        CancellationToken cancellationToken
    ) =>
        (
            await transport.SendAsync<VersionAnswer>(
                HttpMethod.Post,
                "/mlflow/model-versions/create",
                new CreateVersion(name, source, run, modelId, description, MlflowTags.Pairs(tags)),
                false,
                cancellationToken
            )
        ).ModelVersion;

    public async Task<Version> GetAsync(string name, string version, CancellationToken cancellationToken) =>
        (await transport.GetAsync<VersionAnswer>("/mlflow/model-versions/get", cancellationToken, ("name", name), ("version", version))).ModelVersion;

    public async Task<string> DownloadUriAsync(string name, string version, CancellationToken cancellationToken) =>
        (
            await transport.GetAsync<DownloadUri>("/mlflow/model-versions/get-download-uri", cancellationToken, ("name", name), ("version", version))
        ).ArtifactUri;

    /// <summary>Newest first; none when the model does not exist.</summary>
    /// <param name="filter">A condition in addition to the name.</param>
    public async Task<IReadOnlyList<Version>> SearchAsync(string name, string filter, CancellationToken cancellationToken)
    {
        List<Version> versions = [];
        string? token = null;
        do
        {
            var page = await transport.GetAsync<VersionsFound>(
                "/mlflow/model-versions/search",
                cancellationToken,
                ("filter", $"name = '{name}'{filter}"),
                ("max_results", $"{PageSize}"),
                ("page_token", token)
            );
            versions.AddRange(page.ModelVersions ?? []);
            token = page.NextPageToken;
        } while (!string.IsNullOrEmpty(token));
        return versions;
    }

    /// <summary>Moves the alias if it is set elsewhere.</summary>
    public Task SetAliasAsync(string name, string alias, string version, CancellationToken cancellationToken) =>
        transport.SendAsync(
            HttpMethod.Post,
            "/mlflow/registered-models/alias",
            new
            {
                name,
                alias,
                version,
            },
            cancellationToken
        );

    public Task DeleteAliasAsync(string name, string alias, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Delete, "/mlflow/registered-models/alias", new { name, alias }, cancellationToken);

    /// <summary>
    /// Null when the alias, or the model, is not there: MLflow answers a missing alias with 400, a missing model with 404 (before 3.17: 400).
    /// </summary>
    public async Task<Version?> FindByAliasAsync(string name, string alias, CancellationToken cancellationToken)
    {
        try
        {
            return (
                await transport.GetAsync<VersionAnswer>("/mlflow/registered-models/alias", cancellationToken, ("name", name), ("alias", alias))
            ).ModelVersion;
        }
        catch (MlflowException e) when (e.Failure is MlflowFailure.NotFound or MlflowFailure.Refused)
        {
            return null;
        }
    }

    private sealed record CreateVersion(string Name, string Source, string RunId, string? ModelId, string Description, Pair[] Tags);
}
