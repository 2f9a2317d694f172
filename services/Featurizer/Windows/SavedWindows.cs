using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>Where the newest checkpoint of a shard lies.</summary>
internal sealed record SavedWindows(int Version, ArtifactReference Artifact, long Generation, DateTimeOffset At)
{
    public const int CurrentVersion = 1;

    /// <summary>No shard has more.</summary>
    private const int MaxSizeBytes = 1 << 30;

    /// <exception cref="MessageException">Not such a document, or of a version that this build does not know.</exception>
    public static SavedWindows Read(ReadOnlyMemory<byte> document)
    {
        var saved = JsonMessage.Read<SavedWindows>(document);
        if (saved.Version != CurrentVersion)
            throw new MessageException($"saved windows of version {saved.Version}; this build reads version {CurrentVersion}");
        if (saved.Generation < 0 || saved.Artifact.SizeBytes is < 0 or > MaxSizeBytes || saved.Artifact.Chunks < 0)
            throw new MessageException($"saved windows: {saved.Artifact} of generation {saved.Generation} cannot be");
        return saved;
    }
}
