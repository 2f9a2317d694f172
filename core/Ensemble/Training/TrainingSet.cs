using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>History of one series.</summary>
/// <param name="Coarse">The long view for seasons: 14 days of 5 minutes by default.</param>
/// <param name="Fine">The close view at the step of scoring: 12 hours of 15 seconds by default.</param>
public sealed record TrainingSeries(SeriesIdentity Identity, SampleGrid Coarse, SampleGrid Fine);

/// <summary>
/// What a model version is made from. The fine window is cut in time order, never shuffled: its first half <b>fits</b> the members (seasonal models
/// also see all coarse history before the cut), the next 30 % <b>calibrates</b> their scores, the last fifth is only <b>reported</b> on. No sample
/// does two of these.
/// </summary>
public sealed class TrainingSet
{
    private const double FitShare = 0.5;
    private const double CalibrateShare = 0.3;

    /// <param name="series">At least one; the fine grids share start, step and length, and so do the coarse ones.</param>
    /// <exception cref="ArgumentException">No series, or grids that differ; names the series.</exception>
    public TrainingSet(IReadOnlyList<TrainingSeries> series)
    {
        if (series.Count == 0)
            throw new ArgumentException("training needs at least one series", nameof(series));
        var (fine, coarse) = (series[0].Fine, series[0].Coarse);
        foreach (var one in series)
        {
            Require(one, "fine", one.Fine, fine);
            Require(one, "coarse", one.Coarse, coarse);
        }
        Series = series;
        var span = fine.Values.Length * fine.Step;
        FitUntil = fine.Start + Math.Round(FitShare * fine.Values.Length) * fine.Step;
        CalibrateUntil = fine.Start + Math.Round((FitShare + CalibrateShare) * fine.Values.Length) * fine.Step;
        End = fine.Start + span;
    }

    public IReadOnlyList<TrainingSeries> Series { get; }

    /// <summary>Time between samples that will be scored.</summary>
    public TimeSpan Step => Series[0].Fine.Step;

    public DateTimeOffset From => Series[0].Coarse.Start;

    public DateTimeOffset FitUntil { get; }

    public DateTimeOffset CalibrateUntil { get; }

    public DateTimeOffset End { get; }

    private static void Require(TrainingSeries series, string name, SampleGrid grid, SampleGrid first)
    {
        if (grid.Start != first.Start || grid.Step != first.Step || grid.Values.Length != first.Values.Length)
            throw new ArgumentException(
                $"series {series.Identity}: its {name} grid ({grid.Values.Length} values each {grid.Step} from {grid.Start:u}) differs from that of "
                    + $"the first series ({first.Values.Length} each {first.Step} from {first.Start:u})"
            );
    }
}
