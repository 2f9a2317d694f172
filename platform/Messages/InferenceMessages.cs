using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Answer of <c>POST /v1/score</c> of inference: one entry for each series of the question, in its order.</summary>
/// <param name="ModelVersion">Version that scored; absent when no model has been deployed yet, then nothing is scored.</param>
public sealed record ScoreAnswerV1(string? ModelVersion, IReadOnlyList<ScoredSeriesV1> Series);

/// <summary>What was made of one series.</summary>
/// <param name="State"><c>warming_up</c> when there is too little past; else the state of the last point.</param>
/// <param name="Reason">Why it is in its state; how much past is missing.</param>
/// <param name="MissingPoints">Further points of the same distance that the first score needs; absent when there are enough.</param>
/// <param name="Scores">Of the last point, or of all that could be scored, oldest first.</param>
public sealed record ScoredSeriesV1(SeriesIdentity Series, SeriesState State, string? Reason, int? MissingPoints, IReadOnlyList<ScoreV1> Scores);

/// <summary>Answer of <c>GET /v1/model</c> of inference: what is served, and the features it expects.</summary>
/// <param name="Refused">The champion, where it cannot be served and another version is; absent otherwise.</param>
public sealed record ModelV1(
    string? Version,
    string? Sha256,
    DateTimeOffset? LoadedAt,
    string FeatureSchemaHash,
    IReadOnlyList<string> Features,
    ModelRefusal? Refused = null
);

/// <summary>The champion that cannot be served, and why.</summary>
/// <param name="Version">Absent when the registry does not say which version is the champion.</param>
public sealed record ModelRefusal(string? Version, string Reason);

/// <summary>Question of <c>POST /v1/model/check</c> of inference and forecaster: can this version be served?</summary>
public sealed record CheckModelV1(string Version);
