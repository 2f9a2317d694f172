using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Inference.Samples;

/// <summary>What a caller of <c>POST /v1/score</c> has: a series and its samples.</summary>
/// <param name="Points">In time order, finite; the last one is scored, the others are its past.</param>
/// <param name="Step">Distance of the points.</param>
/// <param name="ScoresAll">Whether every point is scored that has past enough, not only the last.</param>
internal sealed record ScoreQuestion(SeriesIdentity Series, IReadOnlyList<Sample> Points, TimeSpan Step, bool ScoresAll);
