using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Path;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>The champion, asked without a network; it remembers which samples had no score. For one caller at a time.</summary>
internal sealed class ReplayScorer : IRowScorer
{
    private readonly Dictionary<SeriesId, SeriesCoverage> _coverage = [];

    public EnsembleScorer? Champion { get; set; }

    public IReadOnlyDictionary<SeriesId, SeriesCoverage> Coverage => _coverage;

    public Task<(string? ModelVersion, IReadOnlyList<SeriesScore> Scores)> RunAsync(IReadOnlyList<ScoreRow> rows, CancellationToken cancellationToken)
    {
        if (Champion is not { } champion)
            return Task.FromResult<(string?, IReadOnlyList<SeriesScore>)>((null, []));
        var scores = champion.Score(rows);
        foreach (var score in scores)
        {
            if (!_coverage.TryGetValue(score.Id, out var coverage))
                _coverage[score.Id] = coverage = new();
            coverage.Add(score);
        }
        return Task.FromResult<(string?, IReadOnlyList<SeriesScore>)>((champion.Manifest.Version, scores));
    }
}

/// <summary>How many samples of a series were scored, and why the others were not.</summary>
internal sealed class SeriesCoverage
{
    private readonly Dictionary<SeriesState, (long Count, string Reason)> _unscored = [];

    public long Scored { get; private set; }

    public long Total => Scored + _unscored.Values.Sum(static u => u.Count);

    public IEnumerable<(SeriesState State, long Count, string Reason)> Unscored => _unscored.Select(u => (u.Key, u.Value.Count, u.Value.Reason));

    public void Add(SeriesScore score)
    {
        if (score.IsScored)
            Scored++;
        else
            _unscored[score.State] = (_unscored.GetValueOrDefault(score.State).Count + 1, score.Reason ?? "");
    }
}
