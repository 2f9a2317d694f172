using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>The collected past, table by table, becomes the training set.</summary>
public sealed class TrainingTables
{
    private readonly Dictionary<SeriesId, (SeriesIdentity Identity, SampleGrid Grid)> _fine = [];
    private readonly Dictionary<SeriesId, SampleGrid> _coarse = [];

    public void Add(SampleTable table, bool isCoarse)
    {
        for (var row = 0; row < table.Series.Count; row++)
        {
            var series = table.Series[row].Series;
            var grid = new SampleGrid(table.Start, table.Step, table.Row(row).ToArray());
            if (isCoarse)
                _coarse[series.Id] = grid;
            else if (grid.Values.Any(double.IsFinite))
                _fine[series.Id] = (series, grid);
        }
    }

    /// <param name="step">Time between samples at full resolution.</param>
    /// <param name="source">Where the tables came from, for messages.</param>
    /// <exception cref="TrainingException">There is nothing to learn from, or too little.</exception>
    public TrainingSet ToSet(TrainingPlan plan, TimeSpan step, string source)
    {
        if (_fine.Count == 0)
            throw new TrainingException("nothing to learn from: no series has a finite value in the training window");
        var begin = FirstFinite(_fine.Values.Select(f => f.Grid));
        var length = _fine.Values.First().Grid.Values.Length - begin;
        if (length * step < TrainingWindow.Shortest)
            throw new TrainingException(
                $"the history is too short to learn from: {(length * step).TotalMinutes:0} minutes of samples "
                    + $"(from {source}), at least {TrainingWindow.Shortest.TotalMinutes:0} are needed"
            );
        var nothing = Nothing(plan, _coarse.Values.FirstOrDefault());
        var coarseBegin = _coarse.Count == 0 ? 0 : Math.Min(FirstFinite(_coarse.Values), nothing.Values.Length - 1);
        return new TrainingSet([
            .. _fine
                .Values.OrderBy(f => f.Identity.Id.Fingerprint)
                .Select(f => new TrainingSeries(
                    f.Identity,
                    From(_coarse.GetValueOrDefault(f.Identity.Id) ?? nothing, coarseBegin),
                    From(f.Grid, begin)
                )),
        ]);
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
