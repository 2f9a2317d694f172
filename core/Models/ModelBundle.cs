using System.Security.Cryptography;

namespace Dapr.Anomaly.Core.Models;

/// <summary>
/// A model version as files: the manifest and what it lists. Whoever holds one holds verified content: every way in checks names, sizes and digests.
/// </summary>
public sealed class ModelBundle
{
    /// <summary>A bundle larger than this is refused before it is read.</summary>
    public const long MaxSizeBytes = 512L * 1024 * 1024;

    private readonly SortedDictionary<string, byte[]> _files;

    private ModelBundle(ModelManifest manifest, SortedDictionary<string, byte[]> files) => (Manifest, _files) = (manifest, files);

    public ModelManifest Manifest { get; }

    /// <summary>Digest over the names and digests of all files without the manifest, hexadecimal: the identity of the content.</summary>
    public string Sha256 =>
        Hex(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Concat(Manifest.Files.Select(f => $"{f.Name} {f.Sha256}\n")))));

    public IReadOnlyCollection<string> FileNames => _files.Keys;

    /// <summary>Content of a listed file.</summary>
    /// <exception cref="InvalidDataException">The bundle has no such file.</exception>
    public byte[] this[string name] =>
        _files.TryGetValue(name, out var content) ? content : throw new InvalidDataException($"{Described}: file {name} is missing");

    public byte[]? Find(string name) => _files.GetValueOrDefault(name);

    private string Described => Describe(Manifest);

    /// <summary>Makes a bundle of fresh files; the manifest's own list is replaced by theirs.</summary>
    public static ModelBundle Create(ModelManifest manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        var sorted = new SortedDictionary<string, byte[]>(files.ToDictionary(), StringComparer.Ordinal);
        sorted.Remove(ModelManifest.FileName);
        foreach (var name in sorted.Keys)
            CheckName(name);
        return new(manifest with { Files = [.. sorted.Select(f => new ModelFile(f.Key, f.Value.Length, Hex(SHA256.HashData(f.Value))))] }, sorted);
    }

    /// <summary>All files by name, the manifest among them: what a registry stores.</summary>
    public IReadOnlyDictionary<string, byte[]> ToFiles() => new Dictionary<string, byte[]>(_files) { [ModelManifest.FileName] = Manifest.ToJson() };

    /// <summary>The same content under the version that the registry gave it.</summary>
    public ModelBundle WithVersion(string version) => new(Manifest with { Version = version }, _files);

    /// <exception cref="InvalidDataException">A file is missing, unlisted, or not what the manifest says.</exception>
    public static ModelBundle FromFiles(IReadOnlyDictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(ModelManifest.FileName, out var json))
            throw new InvalidDataException($"the model has no {ModelManifest.FileName}");
        var manifest = ModelManifest.FromJson(json);
        var content = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in manifest.Files)
        {
            CheckName(file.Name);
            if (!files.TryGetValue(file.Name, out var bytes))
                throw new InvalidDataException($"{Describe(manifest)}: file {file.Name} is missing");
            if (Hex(SHA256.HashData(bytes)) is var digest && digest != file.Sha256)
                throw new InvalidDataException(
                    $"{Describe(manifest)}: {file.Name} has SHA-256 {digest[..12]}…, "
                        + $"the manifest says {file.Sha256[..Math.Min(12, file.Sha256.Length)]}…"
                );
            content.Add(file.Name, bytes);
        }
        if (files.Keys.FirstOrDefault(k => k != ModelManifest.FileName && !content.ContainsKey(k)) is { } unlisted)
            throw new InvalidDataException($"{Describe(manifest)}: {unlisted} is not in the manifest");
        return new(manifest, content);
    }

    /// <summary>Writes all files into a new or empty directory.</summary>
    public async Task WriteAsync(string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        foreach (var (name, content) in ToFiles())
            await File.WriteAllBytesAsync(Path.Combine(directory, name), content, cancellationToken);
    }

    /// <exception cref="InvalidDataException">As for <see cref="FromFiles"/>, or larger than <see cref="MaxSizeBytes"/>.</exception>
    public static async Task<ModelBundle> ReadAsync(string directory, CancellationToken cancellationToken)
    {
        var paths = Directory.GetFiles(directory);
        if (paths.Sum(p => new FileInfo(p).Length) is var size && size > MaxSizeBytes)
            throw new InvalidDataException($"the model in {directory} has {size} bytes; at most {MaxSizeBytes} are read");
        var files = new Dictionary<string, byte[]>();
        foreach (var path in paths)
            files.Add(Path.GetFileName(path), await File.ReadAllBytesAsync(path, cancellationToken));
        return FromFiles(files);
    }

    /// <summary>Refuses a model that was trained on other features than this build extracts.</summary>
    /// <exception cref="InvalidDataException">The schema differs.</exception>
    public void RequireFeatureSchema(string hash)
    {
        if (Manifest.FeatureSchema != hash)
            throw new InvalidDataException($"{Described}: feature schema {Short(Manifest.FeatureSchema)} does not match this build ({Short(hash)})");
    }

    private static string Describe(ModelManifest manifest) => manifest.Version.Length > 0 ? $"model v{manifest.Version}" : $"model {manifest.Name}";

    private static string Short(string hash) => hash.Length > 4 ? hash[..4] + "…" : hash;

    private static string Hex(byte[] digest) => Convert.ToHexStringLower(digest);

    private static void CheckName(string name)
    {
        if (name.Length == 0 || name != Path.GetFileName(name) || name is "." or "..")
            throw new InvalidDataException($"\"{name}\" is not a plain file name");
    }
}
