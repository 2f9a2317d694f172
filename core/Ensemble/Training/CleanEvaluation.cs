using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>How the model behaves on untouched samples: alarms that should not be, and how good the forecasts are.</summary>
internal sealed class CleanEvaluation
{
    private static readonly TimeSpan JoinGap = TimeSpan.FromMinutes(5);

    private long _rows,
        _flagged,
        _alarms,
        _banded,
        _inBand,
        _forecasts,
        _inForecast,
        _losses;
    private double _loss;
    private int _series;

    public void Add(TrainingSeries series, TrainingSet set, EnsembleScorer scorer)
    {
        var rows = RowReplay.Rows(series.Identity, series.Coarse, series.Fine, set.CalibrateUntil, set.End, 1);
        var verdicts = scorer.Score(rows);
        long flagged = 0,
            alarms = 0,
            banded = 0,
            inBand = 0;
        DateTimeOffset? last = null;
        foreach (var verdict in verdicts)
        {
            if (ScoreThresholds.IsAnomalous(verdict.AnomalyScore))
            {
                flagged++;
                if (last is not { } before || verdict.Timestamp - before > JoinGap)
                    alarms++;
                last = verdict.Timestamp;
            }
            if (!double.IsFinite(verdict.Lower))
                continue;
            banded++;
            inBand += verdict.Value >= verdict.Lower && verdict.Value <= verdict.Upper ? 1 : 0;
        }
        var (forecasts, inForecast, losses, loss) = Forecasts(rows, scorer);
        lock (this)
        {
            _series++;
            (_rows, _flagged, _alarms) = (_rows + verdicts.Length, _flagged + flagged, _alarms + alarms);
            (_banded, _inBand) = (_banded + banded, _inBand + inBand);
            (_forecasts, _inForecast, _losses, _loss) = (_forecasts + forecasts, _inForecast + inForecast, _losses + losses, _loss + loss);
        }
    }

    public void Report(TrainingSet set, IDictionary<string, double> figures)
    {
        figures["eval/series"] = _series;
        figures["eval/rows"] = _rows;
        if (_rows > 0)
        {
            figures["eval/false_positive_rate"] = (double)_flagged / _rows;
            var seriesDays = _rows * set.Step.TotalDays;
            figures["eval/false_alarms_per_day"] = _alarms / seriesDays * set.Series.Count;
        }
        if (_banded > 0)
            figures["eval/band_coverage_99"] = (double)_inBand / _banded;
        if (_forecasts > 0)
            figures["eval/lstm/coverage_98"] = (double)_inForecast / _forecasts;
        if (_losses > 0)
            figures["eval/lstm/pinball"] = _loss / _losses;
    }

    private static (long Rows, long Inside, long Losses, double Loss) Forecasts(List<ScoreRow> rows, EnsembleScorer scorer)
    {
        if (scorer.Members.Lstm is not { } lstm)
            return default;
        LstmRow[] inputs = [.. rows.Select(r => scorer.Members.ToLstmRow(r)).OfType<LstmRow>().Where((_, i) => i % 4 == 0)];
        var levels = lstm.Design.Quantiles;
        var outputs = lstm.Design.Horizons * levels.Count;
        var quantiles = new double[inputs.Length * outputs];
        lstm.Forecast(inputs, quantiles);
        long inside = 0,
            losses = 0,
            scored = 0;
        var loss = 0.0;
        for (var i = 0; i < inputs.Length; i++)
        {
            var next = quantiles.AsSpan(i * outputs, levels.Count);
            if (double.IsNaN(next[0]))
                continue;
            scored++;
            inside += inputs[i].Actual >= next[0] && inputs[i].Actual <= next[^1] ? 1 : 0;
            if (inputs[i].LongRunScale <= 0)
                continue;
            losses++;
            for (var q = 0; q < levels.Count; q++)
                loss += ForecastMetrics.Pinball(inputs[i].Actual, next[q], levels[q]) / inputs[i].LongRunScale / levels.Count;
        }
        return (scored, inside, losses, loss);
    }
}
