using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>
/// The detector as it is shipped: trained by the steps of <see cref="EnsembleTraining"/> on the whole training part, scored through windows,
/// features and <see cref="EnsembleScorer"/>, and in alarm while the <see cref="IncidentTracker"/> has an incident open. Nothing of it is a copy.
/// </summary>
/// <param name="members">Names of <see cref="MemberName"/>; the others are not trained.</param>
/// <param name="seed">Seed of every draw.</param>
public sealed class ProductDetector(IReadOnlyCollection<string> members, ulong seed) : IStreamingDetector
{
    private const string TooCoarse = "the step is longer than windows take";
    private const string TooLittle = "no member could be trained on the training part";
    private const string NoSample = "no sample, or none of a new step";

    private static readonly TimeSpan CoarseStep = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, long> _unscored = [];
    private readonly List<string> _notes = [];
    private readonly IncidentTracker _incidents = new(IncidentRules.Default);
    private IReadOnlyList<SeriesIdentity> _channels = [];
    private SeriesWindow[] _windows = [];
    private double[] _scores = [];
    private EnsembleScorer? _scorer;
    private string? _silence;

    public ReadOnlySpan<double> ChannelScores => _scores;

    public IReadOnlyDictionary<string, long> Unscored => _unscored;

    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The model of the fit; null where there is none.</summary>
    internal EnsembleScorer? Scorer => _scorer;

    public void Fit(ChannelTable training, CancellationToken cancellationToken)
    {
        _channels = training.Channels;
        _scores = new double[_channels.Count];
        if (training.Step > TimeGrid.MaxStep)
        {
            _silence = TooCoarse;
            return;
        }
        _windows = [.. _channels.Select(_ => new SeriesWindow(training.Step))];
        for (var c = 0; c < _windows.Length; c++)
        for (var i = 0; i < training.Rows; i++)
            _windows[c].Append(new(training.Times[i], training.Values[c][i]));
        var set = new TrainingSet([
            .. _channels.Select((identity, c) => new TrainingSeries(identity, Grid(training, c, CoarseStep), Grid(training, c, training.Step))),
        ]);
        var model = WholeTraining.Run(set, new() { Seed = seed }, members, _notes.Add, cancellationToken);
        _scorer = model is null ? null : EnsembleScorer.Load(model);
        _silence = _scorer is null ? TooLittle : null;
    }

    public RowScore Score(DateTimeOffset at, ReadOnlySpan<double> row)
    {
        if (_silence is not null)
        {
            Missed(_silence, row.Length);
            return default;
        }
        List<int> fresh = [];
        List<ScoreRow> rows = [];
        for (var c = 0; c < row.Length; c++)
            switch (_windows[c].Append(new(at, row[c])))
            {
                case AppendResult.Appended or AppendResult.GapReset:
                    fresh.Add(c);
                    rows.Add(RowBuilder.Build(_channels[c], _windows[c], row[c]));
                    break;
                case AppendResult.NotFinite:
                    _scores[c] = 0;
                    break;
                // A second sample of the same step says nothing new: the score of the first stands.
            }
        if (fresh.Count < row.Length)
            Missed(NoSample, row.Length - fresh.Count);
        var verdicts = _scorer!.Score(rows);
        var observations = new Observation[verdicts.Length];
        for (var i = 0; i < verdicts.Length; i++)
        {
            var verdict = verdicts[i];
            _scores[fresh[i]] = verdict.AnomalyScore;
            if (!verdict.IsScored)
                Missed(verdict.State.ToString(), 1);
            observations[i] = new(_channels[fresh[i]], at, verdict.AnomalyScore, Decision.Normal);
        }
        _incidents.Observe(new(0, 0), at, observations);
        return new(WorkloadScore.Of(_scores), _incidents.Open.Count > 0);
    }

    public void Dispose() => _scorer?.Dispose();

    /// <summary>The samples of one channel on an even grid no finer than their own: means of each cell, NaN where it is empty.</summary>
    private static SampleGrid Grid(ChannelTable table, int channel, TimeSpan step)
    {
        step = step < table.Step ? table.Step : step;
        var start = table.Times[0];
        var cells = (int)Math.Round((table.Times[^1] - start) / table.Step) * table.Step / step;
        var sums = new double[(int)cells + 1];
        var counts = new int[sums.Length];
        for (var i = 0; i < table.Rows; i++)
        {
            var value = table.Values[channel][i];
            if (!double.IsFinite(value))
                continue;
            var cell = (int)(Math.Round((table.Times[i] - start) / table.Step) * table.Step / step);
            (sums[cell], counts[cell]) = (sums[cell] + value, counts[cell] + 1);
        }
        for (var i = 0; i < sums.Length; i++)
            sums[i] = counts[i] == 0 ? double.NaN : sums[i] / counts[i];
        return new(start, step, sums);
    }

    private void Missed(string reason, int samples) => _unscored[reason] = _unscored.GetValueOrDefault(reason) + samples;
}
