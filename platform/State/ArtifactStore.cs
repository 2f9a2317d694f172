using System.Security.Cryptography;
using Dapr.Client;

namespace Dapr.Anomaly.Platform.State;

/// <summary>
/// Byte blobs of any size in the Dapr state store, in chunks below the sidecar's message limit. What one activity of a workflow leaves for the next
/// goes here; only the reference travels through the workflow's history.
/// </summary>
public sealed class ArtifactStore(DaprClient dapr)
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Artifacts are intermediate: the store forgets them after a week.</summary>
    private static readonly Dictionary<string, string> Expiry = new() { ["ttlInSeconds"] = "604800" };

    public async Task<ArtifactReference> SaveAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var chunks = Math.Max(1, (content.Length + ChunkBytes - 1) / ChunkBytes);
        for (var i = 0; i < chunks; i++)
        {
            var offset = i * ChunkBytes;
            var chunk = content.Slice(offset, Math.Min(ChunkBytes, content.Length - offset));
            await dapr.SaveByteStateAsync(StateStores.Default, ChunkKey(key, i), chunk, metadata: Expiry, cancellationToken: cancellationToken);
        }
        return new(key, chunks, content.Length, Convert.ToHexStringLower(SHA256.HashData(content.Span)));
    }

    /// <exception cref="ArtifactException">A chunk is missing, or the content is not what was saved.</exception>
    public async Task<byte[]> LoadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        var content = new byte[reference.SizeBytes];
        var offset = 0;
        for (var i = 0; i < reference.Chunks; i++)
        {
            var chunk = await dapr.GetByteStateAsync(StateStores.Default, ChunkKey(reference.Key, i), cancellationToken: cancellationToken);
            if (offset + chunk.Length > content.Length || (chunk.Length == 0 && content.Length > 0))
                throw new ArtifactException(
                    $"artifact \"{reference.Key}\": chunk {i} of {reference.Chunks} is {(chunk.Length == 0 ? "missing" : "too long")} in state store "
                        + $"\"{StateStores.Default}\""
                );
            chunk.Span.CopyTo(content.AsSpan(offset));
            offset += chunk.Length;
        }
        if (Convert.ToHexStringLower(SHA256.HashData(content)) != reference.Sha256)
            throw new ArtifactException($"artifact \"{reference.Key}\": content does not match its SHA-256 {reference.Sha256[..12]}…");
        return content;
    }

    private static string ChunkKey(string key, int chunk) => $"artifact/{key}/{chunk}";
}

/// <summary>Where a blob lies and what it must hash to.</summary>
public sealed record ArtifactReference(string Key, int Chunks, int SizeBytes, string Sha256);

public sealed class ArtifactException(string message) : Exception(message);
