using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Answer of <c>GET /v1/summary</c> of the featurizer.</summary>
/// <param name="Scored">Series with a score.</param>
/// <param name="Ready">Whether the windows have their history.</param>
/// <param name="States">Series by state.</param>
public sealed record SummaryV1(
    int Series,
    int Scored,
    DateTimeOffset? LastScored,
    double? SampleToScoreP99Ms,
    bool Ready,
    IReadOnlyDictionary<string, int> States
);

/// <summary>Answer of <c>GET /v1/series</c> of the featurizer: watched series in the order of their ids.</summary>
/// <param name="Next">Where the next page begins: <c>?after=</c>; absent on the last one.</param>
public sealed record SeriesPageV1(IReadOnlyList<SeriesStatusV1> Series, SeriesId? Next);

/// <summary>One watched series.</summary>
/// <param name="Reason">Why it is in its state.</param>
/// <param name="Score">Of its newest sample; absent before the first.</param>
public sealed record SeriesStatusV1(SeriesIdentity Series, SeriesState State, string Reason, ScoreV1? Score);
