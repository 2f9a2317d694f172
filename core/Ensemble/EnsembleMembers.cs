using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Detection.Forest;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// The loaded models of a bundle: raw scores in, for many rows at once, through one session for each kind of forest, one LSTM, one bank of seasonal
/// models, and banks of windows.
/// Safe for concurrent use.
/// </summary>
internal sealed class EnsembleMembers : IDisposable
{
    private readonly Dictionary<SignalKind, ForestScorer> _forests = [];
    private readonly Dictionary<SeriesId, KnownSeries> _known;
    private LstmScorer? _lstm;
    private SeasonalScorer? _seasonal;
    private BankScorer? _bank;

    private EnsembleMembers(IReadOnlyList<KnownSeries> series) => _known = series.ToDictionary(s => s.ToIdentity().Id);

    /// <summary>Loads what is there; a file that is absent leaves its member out. When one is refused, the others are let go.</summary>
    public static EnsembleMembers Load(Func<string, byte[]?> file, IReadOnlyList<KnownSeries> series)
    {
        var members = new EnsembleMembers(series);
        var complete = false;
        try
        {
            foreach (var kind in Enum.GetValues<SignalKind>())
                if (file(EnsembleFiles.Forest(kind)) is { } forest)
                    members._forests.Add(kind, ForestScorer.Load(forest, FeatureSchema.Current.Hash));
            if (file(EnsembleFiles.Lstm) is { } lstm)
                members._lstm = LstmScorer.Load(lstm);
            if (file(EnsembleFiles.Seasonal) is { } seasonal)
                members._seasonal = new(seasonal);
            if (file(EnsembleFiles.Bank) is { } bank)
                members._bank = new(BankOnnx.FromOnnx(bank));
            complete = true;
            return members;
        }
        finally
        {
            if (!complete)
                members.Dispose();
        }
    }

    public LstmScorer? Lstm => _lstm;

    public SeasonalScorer? Seasonal => _seasonal;

    public BankScorer? Bank => _bank;

    public ForestScorer? Forest(SignalKind kind) => _forests.GetValueOrDefault(kind);

    /// <summary>What training knew of a series; null of one that it did not see.</summary>
    public KnownSeries? Find(SeriesId series) => _known.GetValueOrDefault(series);

    public bool Knows(SeriesId series) => _known.ContainsKey(series);

    /// <summary>True when the series was trained on and never moved.</summary>
    public bool WasConstant(SeriesId series) => Find(series) is { LongRunScale: 0 };

    /// <summary>Raw scores of rows whose values are finite.</summary>
    public RawScores[] Score(IReadOnlyList<ScoreRow> rows)
    {
        var forest = ScoreForests(rows);
        var forecasts = ScoreLstm(rows);
        var seasons = ScoreSeasonal(rows);
        var scores = new RawScores[rows.Count];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = new(
                forest[i],
                forecasts[i],
                seasons[i],
                Math.Abs(rows[i].Value - seasons[i].Expected) / seasons[i].Deviation,
                _bank?.Score(rows[i], seasons[i]) ?? double.NaN
            );
        return scores;
    }

    /// <summary>The row as the LSTM takes it, or null when its window is too short or of another length.</summary>
    internal LstmRow? ToLstmRow(in ScoreRow row)
    {
        if (_lstm is null || row.Recent.Length != _lstm.Design.Steps)
            return null;
        var recent = row.Recent.Span;
        var missing = ReadOnlyMemory<bool>.Empty;
        for (var t = 0; t < recent.Length; t++)
            if (!float.IsFinite(recent[t]))
            {
                missing = Array.ConvertAll(recent.ToArray(), v => !float.IsFinite(v));
                break;
            }
        return new(row.Recent, missing, row.Timestamp - recent.Length * _lstm.Design.Step, row.Value, row.Kind, Find(row.Id)?.LongRunScale ?? 0, 0);
    }

    public void Dispose()
    {
        foreach (var forest in _forests.Values)
            forest.Dispose();
        _lstm?.Dispose();
        _seasonal?.Dispose();
    }

    private double[] ScoreForests(IReadOnlyList<ScoreRow> rows)
    {
        var scores = Absent(rows.Count);
        foreach (var group in Enumerable.Range(0, rows.Count).GroupBy(i => rows[i].Kind))
        {
            if (Forest(group.Key) is not { } forest)
                continue;
            var features = forest.Forest.FeatureCount;
            int[] members = [.. group.Where(i => rows[i].Features.Length == features)];
            var matrix = new float[members.Length * features];
            for (var m = 0; m < members.Length; m++)
                rows[members[m]].Features.Span.CopyTo(matrix.AsSpan(m * features));
            var results = new float[members.Length];
            forest.Score(matrix, results);
            for (var m = 0; m < members.Length; m++)
                scores[members[m]] = results[m];
        }
        return scores;
    }

    private LstmForecast[] ScoreLstm(IReadOnlyList<ScoreRow> rows)
    {
        var forecasts = new LstmForecast[rows.Count];
        Array.Fill(forecasts, LstmForecast.TooFewInputs);
        List<int> positions = [];
        List<LstmRow> inputs = [];
        for (var i = 0; i < rows.Count; i++)
            if (ToLstmRow(rows[i]) is { } input)
            {
                positions.Add(i);
                inputs.Add(input);
            }
        if (inputs.Count == 0)
            return forecasts;
        var results = new LstmForecast[inputs.Count];
        _lstm!.Score(inputs.ToArray(), results);
        for (var j = 0; j < results.Length; j++)
            forecasts[positions[j]] = results[j];
        return forecasts;
    }

    private SeasonalExpectation[] ScoreSeasonal(IReadOnlyList<ScoreRow> rows)
    {
        var series = new SeriesId[rows.Count];
        var seconds = new double[rows.Count];
        for (var i = 0; i < series.Length; i++)
            (series[i], seconds[i]) = (rows[i].Id, FittedSeasonal.EpochSeconds(rows[i].Timestamp));
        if (_seasonal is not null)
            return _seasonal.Predict(series, seconds);
        var absent = new SeasonalExpectation[series.Length];
        Array.Fill(absent, new(double.NaN, double.NaN));
        return absent;
    }

    private static double[] Absent(int count)
    {
        var scores = new double[count];
        Array.Fill(scores, double.NaN);
        return scores;
    }
}
