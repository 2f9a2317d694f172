using System.Text.Json;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// The list of a version's files with their SHA-256, stored beside them. Its own digest is a tag of the version, so a file that was changed, added or
/// dropped in the artifact store is noticed before it is loaded.
/// </summary>
internal static class FileDigests
{
    public const string Name = "files.sha256.json";

    public static byte[] Write(IReadOnlyDictionary<string, byte[]> files) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new SortedDictionary<string, string>(files.ToDictionary(f => f.Key, f => LocalRegistry.Digest(f.Value)), StringComparer.Ordinal)
        );

    /// <param name="digest">The digest of the list; null is refused.</param>
    /// <param name="subject">Names the version in the error.</param>
    public static IReadOnlyDictionary<string, string> Read(byte[] list, string? digest, string subject)
    {
        if (LocalRegistry.Digest(list) != digest)
            throw new RegistryException(
                $"{subject}: {Name} does not match the version's tag {MlflowTags.Files} ({digest ?? "not set"}); "
                    + "only versions that this system registered can be loaded"
            );
        return JsonSerializer.Deserialize<Dictionary<string, string>>(list)!;
    }
}
