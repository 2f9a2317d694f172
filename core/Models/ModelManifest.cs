using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Models;

/// <summary>What a model version is and where it came from. Stored as <c>manifest.json</c> beside the files it lists.</summary>
/// <param name="FormatVersion">Layout of the bundle; see <see cref="CurrentFormat"/>.</param>
/// <param name="Name">Name of the model in the registry.</param>
/// <param name="Version">Version in the registry; empty until it is registered.</param>
/// <param name="FeatureSchema">SHA-256 of the ordered features; serving must extract the same ones.</param>
/// <param name="Seed">Seed of all draws.</param>
/// <param name="TrainedFrom">Begin of the training window.</param>
/// <param name="TrainedTo">End of the training window.</param>
/// <param name="StepSeconds">Time between the samples that are scored.</param>
/// <param name="Members">Members of the ensemble that the files hold.</param>
/// <param name="Kinds">Signal kinds with a forest.</param>
/// <param name="SeriesCount">Series that the model knows.</param>
/// <param name="Risk">q: probability with which a normal sample may reach an anomaly score of 1.</param>
/// <param name="Evaluation">Named figures of the held-out report.</param>
/// <param name="Files">Every other file of the bundle, sorted by name.</param>
public sealed record ModelManifest(
    int FormatVersion,
    string Name,
    string Version,
    string FeatureSchema,
    ulong Seed,
    DateTimeOffset TrainedFrom,
    DateTimeOffset TrainedTo,
    double StepSeconds,
    IReadOnlyList<string> Members,
    IReadOnlyList<SignalKind> Kinds,
    int SeriesCount,
    double Risk,
    IReadOnlyDictionary<string, double> Evaluation,
    IReadOnlyList<ModelFile> Files
)
{
    public const int CurrentFormat = 1;
    public const string FileName = "manifest.json";

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="InvalidDataException">Not a manifest, or one of another format.</exception>
    public static ModelManifest FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<ModelManifest>(json, Json);
            return manifest switch
            {
                null or { Files: null } => throw new InvalidDataException($"{FileName} is not a model manifest"),
                { FormatVersion: not CurrentFormat } => throw new InvalidDataException(
                    $"{FileName}: format {manifest.FormatVersion}; this build reads {CurrentFormat}"
                ),
                _ => manifest,
            };
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{FileName}: {error.Message}", error);
        }
    }
}

/// <summary>One file of a bundle.</summary>
/// <param name="Sha256">Hexadecimal, lower case.</param>
public sealed record ModelFile(string Name, long SizeBytes, string Sha256);
