using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>Who makes scores of features.</summary>
internal interface IRowScorer
{
    /// <returns>One score for each row, in their order; none when no model is loaded yet.</returns>
    /// <exception cref="HttpRequestException">The service does not answer, or refuses.</exception>
    Task<(string? ModelVersion, IReadOnlyList<SeriesScore> Scores)> RunAsync(IReadOnlyList<ScoreRow> rows, CancellationToken cancellationToken);
}
