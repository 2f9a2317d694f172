using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Google.Protobuf;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Scores of rows, in their order, in the binary form (Protos/rows.proto): inference's answer to the featurizer.</summary>
public static class RowScoresWire
{
    /// <param name="modelVersion">Null when no model is loaded yet; then there are no scores.</param>
    public static byte[] ToBytes(string? modelVersion, IReadOnlyList<SeriesScore> scores)
    {
        var wire = new Wire.RowScores { ModelVersion = modelVersion ?? "" };
        wire.Members.AddRange(MemberName.All);
        foreach (var score in scores)
        {
            var row = new Wire.RowScore
            {
                AnomalyScore = score.AnomalyScore,
                Expected = score.Expected,
                Lower = score.Lower,
                Upper = score.Upper,
                State = (int)score.State,
                Reason = score.Reason ?? "",
            };
            foreach (var vote in score.Votes)
                row.Votes.Add(vote.State == SeriesState.Ok ? (float)vote.AnomalyScore : float.NaN);
            foreach (var reason in score.Why)
                row.Why.Add(new Wire.Contribution { Name = reason.Feature, Share = (float)reason.Share });
            wire.Scores.Add(row);
        }
        return wire.ToByteArray();
    }

    /// <param name="rows">The rows that were sent.</param>
    /// <exception cref="MessageException">Not the scores of these rows.</exception>
    public static (string? ModelVersion, IReadOnlyList<SeriesScore> Scores) FromBytes(ReadOnlySpan<byte> bytes, IReadOnlyList<ScoreRow> rows) =>
        Untrusted.Read("row scores", bytes, rows, static (content, sent) => FromWire(Wire.RowScores.Parser.ParseFrom(content), sent));

    private static (string? ModelVersion, IReadOnlyList<SeriesScore> Scores) FromWire(Wire.RowScores wire, IReadOnlyList<ScoreRow> rows)
    {
        if (wire.ModelVersion.Length == 0)
            return (null, []);
        if (wire.Scores.Count != rows.Count)
            throw new MessageException($"row scores: {wire.Scores.Count} scores for {rows.Count} rows");
        var scores = new SeriesScore[rows.Count];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Score(wire.Scores[i], rows[i], wire.Members);
        return (wire.ModelVersion, scores);
    }

    private static SeriesScore Score(Wire.RowScore score, ScoreRow row, IReadOnlyList<string> members)
    {
        if (score.AnomalyScore is not (>= 0 and <= double.MaxValue))
            throw new MessageException($"row scores: an anomaly score of {score.AnomalyScore}");
        var state = (SeriesState)score.State;
        if (!Enum.IsDefined(state))
            throw new MessageException($"row scores: state {score.State} is not known");
        if (double.IsInfinity(score.Expected) || double.IsInfinity(score.Lower) || double.IsInfinity(score.Upper))
            throw new MessageException("row scores: an infinite expectation");
        var votes = score.Votes.Count == 0 ? [] : new MemberVote[score.Votes.Count];
        for (var m = 0; m < votes.Length; m++)
        {
            var absent = float.IsNaN(score.Votes[m]);
            votes[m] = new(
                m < members.Count ? members[m] : throw new MessageException($"row scores: {score.Votes.Count} votes of {members.Count} members"),
                double.NaN,
                double.NaN,
                absent ? 0 : score.Votes[m],
                absent ? SeriesState.StaleModel : SeriesState.Ok
            );
        }
        FeatureContribution[] why = score.Why.Count == 0 ? [] : [.. score.Why.Select(w => new FeatureContribution(w.Name, w.Share))];
        return new(
            row.Id,
            row.Timestamp,
            row.Value,
            score.AnomalyScore,
            score.Expected,
            score.Lower,
            score.Upper,
            state,
            score.Reason.Length == 0 ? null : score.Reason,
            votes,
            why
        );
    }
}
