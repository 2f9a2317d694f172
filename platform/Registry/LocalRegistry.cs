using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Anomaly.Platform.Registry;

/// <summary>
/// Runs, versions and aliases in a directory that a person can read: <c>runs/&lt;id&gt;/{run.json, params.json, metrics.jsonl, artifacts/}</c> and
/// <c>models/&lt;name&gt;/{versions/&lt;n&gt;/{version.json, files/}, aliases.json}</c>. A version appears by one rename, after all its files are on
/// disk. Several processes may read while one writes.
/// </summary>
public sealed class LocalRegistry(string directory, TimeProvider time) : IModelRegistry
{
    private readonly SemaphoreSlim _writing = new(1, 1);

    public string Location { get; } = Path.GetFullPath(directory);

    public async Task<RunReference> StartRunAsync(RunStart start, CancellationToken cancellationToken)
    {
        var reference = new RunReference(start.Experiment, RunId(start));
        var path = RunPath(reference, "run.json");
        if (!File.Exists(path))
            await AtomicFile.WriteJsonAsync(path, new RunRecord(start, "RUNNING", null), cancellationToken);
        return reference;
    }

    public Task LogParametersAsync(RunReference run, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async () =>
            {
                var path = RunPath(run, "params.json");
                var known = await RegistryFile.ReadJsonAsync<SortedDictionary<string, string>>(path, cancellationToken) ?? [];
                foreach (var (key, value) in parameters)
                    known[key] = value;
                await AtomicFile.WriteJsonAsync(path, known, cancellationToken);
            },
            cancellationToken
        );

    public Task LogMetricsAsync(RunReference run, IReadOnlyList<RunMetric> metrics, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async () =>
            {
                var path = RunPath(run, "metrics.jsonl");
                var known = File.Exists(path) ? await File.ReadAllLinesAsync(path, cancellationToken) : [];
                var lines = known.Concat(metrics.Select(m => JsonSerializer.Serialize(m, JsonSerializerOptions.Web))).Distinct();
                await AtomicFile.WriteAsync(path, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), cancellationToken);
            },
            cancellationToken
        );

    public Task LogArtifactAsync(RunReference run, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        AtomicFile.WriteAsync(Path.Combine(RunPath(run, "artifacts"), Relative(path)), content, cancellationToken);

    public async Task EndRunAsync(RunReference run, RunStatus status, CancellationToken cancellationToken)
    {
        var path = RunPath(run, "run.json");
        var record =
            await RegistryFile.ReadJsonAsync<RunRecord>(path, cancellationToken)
            ?? throw new RegistryException($"run {run.RunId} is not in {Location}");
        await AtomicFile.WriteJsonAsync(
            path,
            record with
            {
                Status = status.ToString().ToUpperInvariant(),
                EndedAt = time.GetUtcNow(),
            },
            cancellationToken
        );
    }

    public Task<ModelVersion> RegisterAsync(ModelRegistration registration, CancellationToken cancellationToken) =>
        RegisterAsync(registration, 1, cancellationToken);

    /// <summary>
    /// As above, but a new version gets at least the number <paramref name="atLeast"/>, so that numbers go on where another registry stands.
    /// </summary>
    internal Task<ModelVersion> RegisterAsync(ModelRegistration registration, int atLeast, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async () =>
            {
                var versions = await ListVersionsAsync(registration.Model, cancellationToken);
                if (versions.FirstOrDefault(v => v.RunId == registration.Run.RunId && v.Sha256 == registration.Sha256) is { } known)
                    return known;

                var next = Math.Max(atLeast, VersionNumbers(registration.Model).DefaultIfEmpty(0).Max() + 1);
                var version = new ModelVersion(
                    registration.Model,
                    next.ToString(CultureInfo.InvariantCulture),
                    registration.Run.RunId,
                    registration.Sha256,
                    time.GetUtcNow(),
                    registration.Tags,
                    []
                );
                await StoreAsync(version, registration.Description, registration.EvaluationMetrics, registration.Files, cancellationToken);
                return version;
            },
            cancellationToken
        );

    /// <summary>Keeps a version of another registry under the same number, unless that number is taken.</summary>
    internal Task KeepAsync(ModelVersion version, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async () =>
            {
                if (!Directory.Exists(VersionPath(version.Model, version.Version)))
                    await StoreAsync(version with { Aliases = [] }, "", new Dictionary<string, double>(), files, cancellationToken);
            },
            cancellationToken
        );

    /// <summary>An artifact of a run as it was logged.</summary>
    internal Task<byte[]> ReadArtifactAsync(RunReference run, string path, CancellationToken cancellationToken) =>
        RegistryFile.ReadAsync(Path.Combine(RunPath(run, "artifacts"), Relative(path)), cancellationToken);

    private async Task StoreAsync(
        ModelVersion version,
        string description,
        IReadOnlyDictionary<string, double> metrics,
        IReadOnlyDictionary<string, byte[]> files,
        CancellationToken cancellationToken
    )
    {
        var staging = Path.Combine(ModelPath(version.Model), $".staging-{Guid.NewGuid():N}");
        foreach (var (path, content) in files)
            await AtomicFile.WriteAsync(Path.Combine(staging, "files", Relative(path)), content, cancellationToken);
        await AtomicFile.WriteJsonAsync(
            Path.Combine(staging, "version.json"),
            new VersionRecord(version, description, metrics, files.ToDictionary(f => f.Key, f => Digest(f.Value))),
            cancellationToken
        );
        var final = VersionPath(version.Model, version.Version);
        Directory.CreateDirectory(Path.GetDirectoryName(final)!);
        Directory.Move(staging, final);
    }

    public Task SetAliasAsync(string model, string alias, string version, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async () =>
            {
                if (!File.Exists(Path.Combine(VersionPath(model, version), "version.json")))
                    throw new RegistryException($"model \"{model}\" has no version {version} in {Location}");
                if (await TryAliasesAsync(model, cancellationToken) is not { } aliases)
                {
                    // Aliases are set again by the next trainings; a file that nobody can read must not stand in their way.
                    File.Move(AliasPath(model), AliasPath(model) + ".unreadable", overwrite: true);
                    aliases = [];
                }
                aliases[alias] = version;
                await AtomicFile.WriteJsonAsync(AliasPath(model), aliases, cancellationToken);
            },
            cancellationToken
        );

    public async Task<ModelVersion?> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken)
    {
        var aliases = await AliasesAsync(model, cancellationToken);
        return aliases.TryGetValue(alias, out var version) ? await ReadVersionAsync(model, version, aliases, cancellationToken) : null;
    }

    public async Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, CancellationToken cancellationToken)
    {
        var aliases = await TryAliasesAsync(model, cancellationToken) ?? [];
        List<ModelVersion> versions = [];
        foreach (var number in VersionNumbers(model).OrderDescending())
            if (await TryReadVersionAsync(model, number, aliases, cancellationToken) is { } version)
                versions.Add(version);
        return versions;
    }

    public async Task<IReadOnlyDictionary<string, byte[]>> DownloadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var folder = VersionPath(version.Model, version.Version);
        var record =
            await ReadRecordAsync(Path.Combine(folder, "version.json"), cancellationToken)
            ?? throw new RegistryException($"model \"{version.Model}\" has no version {version.Version} in {Location}");
        Dictionary<string, byte[]> files = [];
        foreach (var (path, digest) in record.Files)
        {
            var content = await RegistryFile.ReadAsync(Path.Combine(folder, "files", Relative(path)), cancellationToken);
            if (Digest(content) != digest)
                throw new RegistryException(
                    $"model \"{version.Model}\" v{version.Version}: {path} does not match its SHA-256 {digest[..12]}…; the file was changed on disk"
                );
            files[path] = content;
        }
        return files;
    }

    /// <summary>The numbers that are taken, readable or not.</summary>
    private IEnumerable<int> VersionNumbers(string model)
    {
        var folder = Path.Combine(ModelPath(model), "versions");
        return Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Select(path => int.TryParse(Path.GetFileName(path), out var number) ? number : 0).Where(n => n > 0)
            : [];
    }

    /// <returns>Null for a version whose record cannot be read: the others are listed without it.</returns>
    private async Task<ModelVersion?> TryReadVersionAsync(
        string model,
        int number,
        SortedDictionary<string, string> aliases,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ReadVersionAsync(model, number.ToString(CultureInfo.InvariantCulture), aliases, cancellationToken);
        }
        catch (RegistryException)
        {
            return null;
        }
    }

    private static async Task<VersionRecord?> ReadRecordAsync(string path, CancellationToken cancellationToken)
    {
        var record = await RegistryFile.ReadJsonAsync<VersionRecord>(path, cancellationToken);
        return
            record is null or { Version: { Model: not null, Version: not null, RunId: not null, Sha256: not null, Tags: not null } }
            && (record is null || record.Files.Values.All(digest => digest is { Length: 64 }))
            ? record
            : throw new RegistryException($"{path} is not the record of a version: a part of it is missing");
    }

    private async Task<SortedDictionary<string, string>> AliasesAsync(string model, CancellationToken cancellationToken)
    {
        var aliases = await RegistryFile.ReadJsonAsync<SortedDictionary<string, string>>(AliasPath(model), cancellationToken) ?? [];
        return aliases.FirstOrDefault(a => a.Value is null) is { Key: { } nameless }
            ? throw new RegistryException($"{AliasPath(model)}: alias \"{nameless}\" has no version")
            : aliases;
    }

    /// <returns>Null where the file cannot be read.</returns>
    private async Task<SortedDictionary<string, string>?> TryAliasesAsync(string model, CancellationToken cancellationToken)
    {
        try
        {
            return await AliasesAsync(model, cancellationToken);
        }
        catch (RegistryException)
        {
            return null;
        }
    }

    private async Task<ModelVersion?> ReadVersionAsync(
        string model,
        string version,
        SortedDictionary<string, string> aliases,
        CancellationToken cancellationToken
    ) =>
        await ReadRecordAsync(Path.Combine(VersionPath(model, version), "version.json"), cancellationToken) is { } record
            ? record.Version with
            {
                Aliases = [.. aliases.Where(a => a.Value == version).Select(a => a.Key)],
            }
            : null;

    private Task ExclusivelyAsync(Func<Task> write, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async () =>
            {
                await write();
                return true;
            },
            cancellationToken
        );

    private async Task<T> ExclusivelyAsync<T>(Func<Task<T>> write, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            return await write();
        }
        finally
        {
            _writing.Release();
        }
    }

    internal static string RunId(RunStart start) => Digest(Encoding.UTF8.GetBytes($"{start.Experiment}\n{start.Key}"))[..32];

    internal static string Digest(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static string Relative(string path) =>
        path.Length > 0 && !Path.IsPathRooted(path) && !path.Split('/', '\\').Contains("..")
            ? path
            : throw new RegistryException($"\"{path}\" is not a relative path inside the registry");

    private string RunPath(RunReference run, string file) => Path.Combine(Location, "runs", Relative(run.RunId), file);

    private string ModelPath(string model) => Path.Combine(Location, "models", Relative(model));

    private string VersionPath(string model, string version) => Path.Combine(ModelPath(model), "versions", Relative(version));

    private string AliasPath(string model) => Path.Combine(ModelPath(model), "aliases.json");

    private sealed record RunRecord([property: JsonRequired] RunStart Start, string Status, DateTimeOffset? EndedAt);

    private sealed record VersionRecord(
        [property: JsonRequired] ModelVersion Version,
        string Description,
        IReadOnlyDictionary<string, double> EvaluationMetrics,
        [property: JsonRequired] IReadOnlyDictionary<string, string> Files
    );
}

/// <summary>The registry could not do what was asked; the message says what and why in one line.</summary>
public class RegistryException(string message, Exception? inner = null) : Exception(message, inner);
