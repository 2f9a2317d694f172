using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Collected frames become the training set; the only place where they are decoded.</summary>
public sealed class TrainingSetLoader(ArtifactStore artifacts)
{
    /// <exception cref="TrainingException">There is nothing to learn from, or too little.</exception>
    /// <exception cref="ArtifactException">A frame is gone from the state store.</exception>
    public async Task<TrainingSet> LoadAsync(TrainingPlan plan, CollectedData data, CancellationToken cancellationToken)
    {
        Dictionary<SeriesId, (SeriesIdentity Identity, SampleGrid Grid)> fine = [];
        Dictionary<SeriesId, SampleGrid> coarse = [];
        foreach (var reference in data.Frames)
        {
            var frame = Decode(reference, await artifacts.LoadAsync(reference.Artifact, cancellationToken));
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
        if (fine.Count == 0)
            throw new TrainingException("nothing to learn from: no series has a finite value in the training window");
        var begin = FirstFinite(fine.Values.Select(f => f.Grid));
        var (length, step) = (fine.Values.First().Grid.Values.Length - begin, data.Step);
        if (length * step < TrainingWindow.Shortest)
            throw new TrainingException(
                $"the history is too short to learn from: {(length * step).TotalMinutes:0} minutes of samples "
                    + $"(from {data.Source}), at least {TrainingWindow.Shortest.TotalMinutes:0} are needed"
            );
        var nothing = Nothing(plan, coarse.Values.FirstOrDefault());
        var coarseBegin = coarse.Count == 0 ? 0 : Math.Min(FirstFinite(coarse.Values), nothing.Values.Length - 1);
        return new TrainingSet([
            .. fine
                .Values.OrderBy(f => f.Identity.Id.Fingerprint)
                .Select(f => new TrainingSeries(
                    f.Identity,
                    From(coarse.GetValueOrDefault(f.Identity.Id) ?? nothing, coarseBegin),
                    From(f.Grid, begin)
                )),
        ]);
    }

    /// <summary>The one call that knows the form of a frame.</summary>
    private static SampleTable Decode(FrameReference reference, byte[] bytes)
    {
        try
        {
            return SampleTableWire.FromBytes(bytes);
        }
        catch (MessageException e)
        {
            throw new TrainingException($"query {reference.Name}: {e.Message}; the frame was written by another build, start the training again");
        }
    }

    private static int FirstFinite(IEnumerable<SampleGrid> grids) =>
        grids.Select(g => Array.FindIndex(g.Values, double.IsFinite)).Where(i => i >= 0).DefaultIfEmpty(0).Min();

    /// <summary>A server that is younger than the window has nothing to say of its first part: what there is, is the window.</summary>
    private static SampleGrid From(SampleGrid grid, int begin) => begin == 0 ? grid : new(grid.TimeAt(begin), grid.Step, grid.Values[begin..]);

    /// <summary>The coarse view of a series that has none, on the grid of the others.</summary>
    private static SampleGrid Nothing(TrainingPlan plan, SampleGrid? like)
    {
        var start = like?.Start ?? TimeGrid.Floor(plan.CoarseFrom, TrainingPlan.CoarseStep);
        var values = new double[
            like?.Values.Length ?? (int)((TimeGrid.Floor(plan.To, TrainingPlan.CoarseStep) - start) / TrainingPlan.CoarseStep) + 1
        ];
        Array.Fill(values, double.NaN);
        return new(start, TrainingPlan.CoarseStep, values);
    }
}
