using System.Reflection;
using Dapr.Anomaly.Cli.Evaluate.Protocols;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>All series of a protocol, with their means.</summary>
/// <param name="AtOneFalseAlarmADay">Recall at a common threshold, by method.</param>
/// <param name="PointAdjusted">Of the product and of noise.</param>
/// <param name="Groups">Means of parts of the series that are read apart, by name, then by method.</param>
/// <param name="Published">The product paired with published methods, by the name of the list.</param>
/// <param name="Nab">Totals of the scoreboard, by method.</param>
/// <param name="Nezha">The application with injected faults, by method.</param>
internal sealed record EvaluationRun(
    string Protocol,
    EvaluationPart Part,
    IReadOnlyList<string> Members,
    ulong Seed,
    IReadOnlyList<SeriesResult> Series,
    IReadOnlyDictionary<string, SeriesFigures> Means,
    IReadOnlyDictionary<string, BudgetRecall> AtOneFalseAlarmADay,
    IReadOnlyDictionary<string, PointAdjusted> PointAdjusted,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, SeriesFigures>> Groups,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, PairedFigures>> Published,
    NabTotals? Nab,
    NezhaTotals? Nezha
)
{
    /// <summary>The commit that this program was built from; empty where the build did not know it.</summary>
    public string Commit { get; } =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')
            is [_, var commit]
            ? commit
            : "";

    /// <summary>Rows that one thread scored in a second, without fitting.</summary>
    public double RowsPerSecond => Series.Sum(s => s.Streamed) / Series.Sum(s => s.ScoreTime.TotalSeconds);

    /// <summary>The same of samples: a row has one for each channel.</summary>
    public double SamplesPerSecond => Series.Sum(s => (double)s.Streamed * s.Channels) / Series.Sum(s => s.ScoreTime.TotalSeconds);

    public static EvaluationRun Of(
        IProtocol protocol,
        string folder,
        EvaluationPart part,
        IReadOnlyList<string> members,
        ulong seed,
        IReadOnlyList<SeriesResult> series
    )
    {
        Dictionary<string, IReadOnlyDictionary<string, SeriesFigures>> groups = [];
        Dictionary<string, IReadOnlyDictionary<string, PairedFigures>> published = [];
        var counted = series;
        if (protocol is TsbProtocol)
            counted = TsbGroups.Add(folder, series, groups, published);
        return new(
            protocol.Name,
            part,
            members,
            seed,
            series,
            Mean(counted),
            Methods.Detectors.ToDictionary(m => m, m => BudgetRecall.Of(counted, m)),
            Evaluate.PointAdjusted.Of(counted),
            groups,
            published,
            protocol is NabProtocol ? NabTotals.Of(series) : null,
            protocol is NezhaProtocol ? NezhaTotals.Of(folder, series) : null
        );
    }

    public static Dictionary<string, SeriesFigures> Mean(IReadOnlyCollection<SeriesResult> series) =>
        Methods.All.ToDictionary(m => m, m => SeriesFigures.Mean([.. series.Select(s => s.Figures[m])]));
}

/// <summary>Totals of the scoreboard by method: at the best threshold, and with frozen alarms.</summary>
internal sealed record NabTotals(IReadOnlyDictionary<string, NabFigures> Best, IReadOnlyDictionary<string, NabFigures> Frozen)
{
    public static NabTotals Of(IReadOnlyList<SeriesResult> series)
    {
        return new(
            Methods.Detectors.ToDictionary(m => m, m => NabFigures.AtBest(series, m)),
            Methods.Detectors.ToDictionary(m => m, m => NabFigures.AtFrozen(series, m))
        );
    }
}
