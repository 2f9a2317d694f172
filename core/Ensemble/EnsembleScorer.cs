using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// A loaded model version. Scores many rows at once: members, calibration to p-values, combination, and the scale on which 1 is the threshold. Safe
/// for concurrent use.
/// </summary>
public sealed class EnsembleScorer : IDisposable
{
    /// <summary>Rows with a larger share of missing features are not scored.</summary>
    public const double SparseAbove = FeatureQuality.SparseAbove;

    /// <summary>A model older than this still scores, but says so.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromDays(14);

    private const double BandProbability = 0.01;
    private const int MaxReasons = 5;

    /// <summary>Reasons with less of the evidence are not named.</summary>
    private const double MinShare = 0.05;

    private readonly EnsembleMembers _members;
    private readonly CalibrationTable _calibration;

    private EnsembleScorer(ModelBundle bundle, EnsembleMembers members, CalibrationTable calibration, IReadOnlyList<KnownSeries> series) =>
        (Manifest, _members, _calibration, Series) = (bundle.Manifest, members, calibration, series);

    public ModelManifest Manifest { get; }

    /// <summary>Series that the model was trained on.</summary>
    public IReadOnlyList<KnownSeries> Series { get; }

    internal EnsembleMembers Members => _members;

    /// <exception cref="InvalidDataException">A file is missing or wrong, or the features of this build are others than the model's.</exception>
    public static EnsembleScorer Load(ModelBundle bundle)
    {
        bundle.RequireFeatureSchema(FeatureSchema.Current.Hash);
        var series = KnownSeries.FromJson(bundle[EnsembleFiles.Series]);
        var calibration = CalibrationTable.FromBytes(bundle[EnsembleFiles.Calibration]);
        return new(bundle, EnsembleMembers.Load(bundle.Find, series), calibration, series);
    }

    /// <summary>One verdict for each row, in their order.</summary>
    public SeriesScore[] Score(IReadOnlyList<ScoreRow> rows)
    {
        var verdicts = new SeriesScore[rows.Count];
        List<int> positions = [];
        List<ScoreRow> scorable = [];
        for (var i = 0; i < verdicts.Length; i++)
        {
            if (Unscorable(rows[i]) is { } verdict)
            {
                verdicts[i] = verdict;
                continue;
            }
            positions.Add(i);
            scorable.Add(rows[i]);
        }
        var raw = _members.Score(scorable);
        for (var j = 0; j < raw.Length; j++)
            verdicts[positions[j]] = Judge(scorable[j], raw[j]);
        return verdicts;
    }

    public void Dispose() => _members.Dispose();

    private SeriesScore? Unscorable(in ScoreRow row)
    {
        if (!double.IsFinite(row.Value))
            return SeriesScore.Unscored(row, SeriesState.NoData, "no finite sample");
        if (row.MissingFraction > SparseAbove)
            return SeriesScore.Unscored(
                row,
                Knows(row.Id) ? SeriesState.Sparse : SeriesState.WarmingUp,
                FormattableString.Invariant($"{row.MissingFraction:P0} of the features lack samples; at most {SparseAbove:P0} may")
            );
        if (_members.WasConstant(row.Id) && StillConstant(row))
            return SeriesScore.Unscored(row, SeriesState.Constant, "the value has not moved since training; only a change is scored");
        return null;
    }

    private bool Knows(SeriesId series) => _members.Knows(series);

    private static bool StillConstant(in ScoreRow row)
    {
        foreach (var value in row.Recent.Span)
            if (float.IsFinite(value) && value != (float)row.Value)
                return false;
        return true;
    }

    private SeriesScore Judge(in ScoreRow row, in RawScores raw)
    {
        var votes = new MemberVote[MemberName.Count];
        Span<double> p = stackalloc double[MemberName.Count];
        _calibration.PValues(row.Id, row.Kind, raw, p);
        for (var m = 0; m < votes.Length; m++)
            votes[m] = double.IsNaN(p[m])
                ? new(MemberName.All[m], raw[m], p[m], 0, Knows(row.Id) ? SeriesState.StaleModel : SeriesState.WarmingUp)
                : new(MemberName.All[m], raw[m], p[m], AnomalyScore.Of(p[m], Manifest.Risk), SeriesState.Ok);
        var evidence = Evidence.Join(p);
        if (double.IsNaN(evidence))
            return SeriesScore.Unscored(row, SeriesState.StaleModel, $"{Described} has no member for {row.Kind} series");

        var joint = _calibration.PValue(row.Id, row.Kind, CalibrationTable.Joint, evidence);
        if (double.IsNaN(joint))
            return SeriesScore.Unscored(row, SeriesState.StaleModel, $"{Described} has too few held-out rows of {row.Kind} series");
        var score = AnomalyScore.Of(joint, Manifest.Risk);
        var (expected, lower, upper) = Band(row, raw);
        if (!IsBackedUp(votes, row.Value >= lower && row.Value <= upper))
            score = Math.Min(score, ScoreThresholds.Anomalous);
        var (state, reason) = StateOf(row);
        return new(
            row.Id,
            row.Timestamp,
            row.Value,
            score,
            expected,
            lower,
            upper,
            state,
            reason,
            votes,
            ScoreThresholds.IsReported(score) ? Why(row) : []
        );
    }

    /// <summary>
    /// No member's word alone makes a sample anomalous: a second one must find it unusual, too, and anomalous itself where the sample lies inside
    /// its expected range. Where only one member could judge, its word is all there is.
    /// </summary>
    private static bool IsBackedUp(MemberVote[] votes, bool isInside)
    {
        var (first, second, present) = (0.0, 0.0, 0);
        foreach (var vote in votes)
        {
            present += double.IsNaN(vote.P) ? 0 : 1;
            (first, second) = vote.AnomalyScore > first ? (vote.AnomalyScore, first) : (first, Math.Max(second, vote.AnomalyScore));
        }
        return isInside ? ScoreThresholds.IsAnomalous(second) : present < 2 || second >= ScoreThresholds.Calm;
    }

    /// <summary>
    /// The seasonal expectation within the distance that 1 % of held-out samples exceeded; the LSTM's quantiles where there is no season. Only
    /// values that the series can have.
    /// </summary>
    private (double Expected, double Lower, double Upper) Band(in ScoreRow row, in RawScores raw)
    {
        var (expected, lower, upper) = WholeBand(row, raw);
        return double.IsFinite(lower) && _members.Find(row.Id) is { } known ? known.Domain.Limit(expected, lower, upper) : (expected, lower, upper);
    }

    private (double Expected, double Lower, double Upper) WholeBand(in ScoreRow row, in RawScores raw)
    {
        if (double.IsFinite(raw.SeasonalDistance) && _calibration.Find(row.Id, row.Kind, MemberName.SeasonalIndex) is { } calibration)
        {
            var half = calibration.Tail.Quantile(BandProbability) * raw.Season.Deviation;
            return (raw.Season.Expected, raw.Season.Expected - half, raw.Season.Expected + half);
        }
        return (raw.Forecast.Expected, raw.Forecast.Lower, raw.Forecast.Upper);
    }

    private (SeriesState State, string? Reason) StateOf(in ScoreRow row)
    {
        if (!Knows(row.Id))
            return (SeriesState.WarmingUp, $"{Described} does not know the series yet; scored with what its kind has in common");
        if (row.Timestamp - Manifest.TrainedTo > StaleAfter)
            return (SeriesState.StaleModel, $"{Described} was trained on data until {Manifest.TrainedTo:u}");
        return (SeriesState.Ok, null);
    }

    private FeatureContribution[] Why(in ScoreRow row)
    {
        if (_members.Forest(row.Kind) is not { } forest)
            return [];
        var shares = new double[forest.Forest.FeatureCount];
        forest.Forest.Explain(row.Features.Span, shares);
        // A negative credit shortened the path: that feature isolated the sample.
        for (var i = 0; i < shares.Length; i++)
            shares[i] = Math.Max(0, -shares[i]);
        var total = shares.Sum();
        return total <= 0
            ? []
            :
            [
                .. shares
                    .Select((s, i) => new FeatureContribution(FeatureSchema.Current.Names[i], s / total))
                    .OrderByDescending(c => c.Share)
                    .Take(MaxReasons)
                    .Where(c => c.Share >= MinShare),
            ];
    }

    private string Described => Manifest.Version.Length > 0 ? $"model v{Manifest.Version}" : $"model {Manifest.Name}";
}
