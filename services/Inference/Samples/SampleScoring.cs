using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Inference.Samples;

/// <summary>
/// Scores plain samples without any memory: a window is built from the points, its rows by the builder that serves everywhere, and the champion
/// scores them.
/// </summary>
internal sealed class SampleScoring(RowScoring scoring)
{
    /// <param name="model">Null before the first deployment: then every series is <c>stale_model</c>.</param>
    public ScoredSeriesV1 Score(EnsembleScorer? model, ScoreQuestion question)
    {
        if (model is null)
            return new(question.Series, SeriesState.StaleModel, "no model has been deployed yet", null, []);
        List<ScoreRow> rows = [];
        var window = new SeriesWindow(question.Step);
        for (var i = 0; i < question.Points.Count; i++)
        {
            var taken = window.Append(question.Points[i]) is AppendResult.Appended or AppendResult.GapReset;
            if (taken && (question.ScoresAll || i == question.Points.Count - 1))
                rows.Add(RowBuilder.Build(question.Series, window, question.Points[i].Value));
        }
        if (rows.Count == 0)
            return new(question.Series, SeriesState.NoData, $"the last two points lie in one step of {question.Step.TotalSeconds} s", null, []);
        if (rows[^1].MissingFraction > FeatureQuality.SparseAbove)
            return TooLittle(question, window);
        ScoreRow[] scorable = [.. rows.Where(r => r.MissingFraction <= FeatureQuality.SparseAbove)];
        var scores = scoring.Score(model, scorable);
        var last = scores[^1];
        return new(question.Series, last.State, last.Reason, null, [.. scores.Select(s => ScoreV1.From(s, DetectionRule.Any))]);
    }

    /// <summary>How many more points the first score needs, found by giving the window made-up ones.</summary>
    private static ScoredSeriesV1 TooLittle(ScoreQuestion question, SeriesWindow window)
    {
        var newest = question.Points[^1];
        var missing = 0;
        var features = new float[FeatureSchema.Current.Count];
        do
        {
            missing++;
            newest = new(newest.Timestamp + question.Step, newest.Value);
            window.Append(newest);
        } while (missing < SeriesWindow.Capacity && FeatureExtractor.Extract(window, features).IsSparse);
        return new(
            question.Series,
            SeriesState.WarmingUp,
            $"{question.Points.Count} points are too few; send {missing} more of the past, {question.Step.TotalSeconds} s apart",
            missing,
            []
        );
    }
}
