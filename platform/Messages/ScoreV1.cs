using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Body of <c>POST /v1/score/batch</c> of the inference service.</summary>
public sealed record ScoreRequestV1(IReadOnlyList<ScoreRowV1> Rows);

/// <summary>One sample to score, with what the models look at. Vectors are little-endian float32, base64 in JSON.</summary>
/// <param name="Id">Series, sixteen hexadecimal digits.</param>
/// <param name="Features">Feature vector in the order of <c>GET /v1/model</c>'s feature schema.</param>
/// <param name="MissingFraction">Share of features without enough samples, 0 to 1.</param>
/// <param name="Recent">The 60 values before this one, oldest first, in the unit of the series.</param>
public sealed record ScoreRowV1(
    string Id,
    SignalKind Kind,
    DateTimeOffset Timestamp,
    double Value,
    byte[] Features,
    float MissingFraction,
    byte[] Recent
);

/// <param name="ModelVersion">Version that scored, or absent when no model is loaded yet.</param>
public sealed record ScoreResponseV1(string? ModelVersion, IReadOnlyList<SeriesScoreV1> Scores);

/// <summary>The verdict on one sample.</summary>
/// <param name="AnomalyScore">0 as expected, up to 1 normal, above 1 anomalous; at most 10.</param>
/// <param name="Expected">Expected value, with <paramref name="Lower"/> and <paramref name="Upper"/>, in the unit of the series; absent when no member has an opinion.</param>
/// <param name="Reason">Why the state is not <c>ok</c>.</param>
public sealed record SeriesScoreV1(
    string Id,
    DateTimeOffset Timestamp,
    double Value,
    double AnomalyScore,
    double? Expected,
    double? Lower,
    double? Upper,
    SeriesState State,
    string? Reason,
    IReadOnlyList<VoteV1> Votes,
    IReadOnlyList<ContributionV1> Why
);

/// <param name="AnomalyScore">The member's own calibrated score on the same scale.</param>
public sealed record VoteV1(string Member, double AnomalyScore);

/// <param name="Share">Share of the evidence, 0 to 1.</param>
public sealed record ContributionV1(string Name, double Share);

/// <summary>float32 vectors as bytes.</summary>
public static class Vectors
{
    public static byte[] Pack(ReadOnlySpan<float> values) => MemoryMarshal.AsBytes(values).ToArray();

    /// <exception cref="FormatException">The length is no multiple of four.</exception>
    public static float[] Unpack(byte[] bytes, string name) =>
        bytes.Length % sizeof(float) == 0
            ? MemoryMarshal.Cast<byte, float>(bytes).ToArray()
            : throw new FormatException($"{name}: {bytes.Length} bytes are not a vector of float32");
}
