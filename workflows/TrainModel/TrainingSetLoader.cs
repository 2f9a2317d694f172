using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Collected frames become the training set. Every activity loads it anew, so each can run in any process, and again.</summary>
public sealed class TrainingSetLoader(ArtifactStore artifacts)
{
    public async Task<TrainingSet> LoadAsync(CollectedData data, CancellationToken cancellationToken)
    {
        Dictionary<SeriesId, (SeriesIdentity Identity, SampleGrid Grid)> fine = [];
        Dictionary<SeriesId, SampleGrid> coarse = [];
        SampleTable? coarseFrame = null;
        foreach (var reference in data.Frames)
        {
            var frame = SampleTableWire.FromBytes(await artifacts.LoadAsync(reference.Artifact, cancellationToken));
            if (reference.IsCoarse)
                coarseFrame = frame;
            for (var row = 0; row < frame.Series.Count; row++)
            {
                var series = frame.Series[row].Series;
                var grid = new SampleGrid(frame.Start, frame.Step, frame.Row(row).ToArray());
                if (reference.IsCoarse)
                    coarse[series.Id] = grid;
                else if (grid.Values.Any(double.IsFinite))
                    fine[series.Id] = (series, grid);
            }
        }
        if (coarseFrame is null || fine.Count == 0)
            throw new TrainingException("nothing to learn from: no series has a finite value in the training window");
        var begin = fine.Values.Min(f => Array.FindIndex(f.Grid.Values, double.IsFinite));
        var (length, step) = (fine.Values.First().Grid.Values.Length - begin, data.Step);
        if (length * step < TrainingWindow.Shortest)
            throw new TrainingException(
                $"the history is too short to learn from: {(length * step).TotalMinutes:0} minutes of samples (from {data.Source}), at least {TrainingWindow.Shortest.TotalMinutes:0} are needed"
            );
        return new TrainingSet([
            .. fine
                .Values.OrderBy(f => f.Identity.Id.Fingerprint)
                .Select(f => new TrainingSeries(f.Identity, coarse.GetValueOrDefault(f.Identity.Id) ?? Unknown(coarseFrame), From(f.Grid, begin))),
        ]);
    }

    /// <summary>A server that is younger than the window has nothing to say of its first part: what there is, is the window.</summary>
    private static SampleGrid From(SampleGrid grid, int begin) => begin == 0 ? grid : new(grid.TimeAt(begin), grid.Step, grid.Values[begin..]);

    private static SampleGrid Unknown(SampleTable like)
    {
        var values = new double[like.Columns];
        Array.Fill(values, double.NaN);
        return new(like.Start, like.Step, values);
    }
}
