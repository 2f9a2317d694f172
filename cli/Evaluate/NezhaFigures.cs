using Dapr.Anomaly.Cli.Evaluate.Protocols;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The application as a whole: injections found by an alarm that fires, within six minutes, at the service or one call away.</summary>
/// <param name="ResourceRecall">Share found of the faults of resources.</param>
/// <param name="CodeRecall">Share found of wrong returns and exceptions.</param>
/// <param name="MedianDelayMinutes">From the injection to the first alarm, of the resource faults found.</param>
/// <param name="FalseAlarmsPerHour">Alarms of any service in the fault-free part of the stream, those of several within five minutes as one.</param>
/// <param name="TimeInAlarm">Share of the fault-free rows in which some service is in alarm.</param>
internal sealed record NezhaFigures(
    double ResourceRecall,
    double CodeRecall,
    double MedianDelayMinutes,
    double FalseAlarmsPerHour,
    double TimeInAlarm
)
{
    /// <summary>What a score may cost in the fault-free part where its threshold is chosen by that part.</summary>
    private const double MostAlarmsPerHour = 1;
    private const double MostTimeInAlarm = 0.1;

    private const int RowsToBeFound = 7;
    private const int RowsThatJoin = 5;

    private static readonly EventMetrics Rules = new(RowsThatJoin, 0);

    /// <summary>By the method's own frozen rule.</summary>
    public static NezhaFigures AtFrozen(IReadOnlyList<NezhaDay> days, IReadOnlyDictionary<string, SeriesResult> series, string method) =>
        Of(days, (day, service) => series[day.NameOf(service)].Runs[method].InAlarm);

    /// <summary>
    /// At the lowest threshold on the scores that keeps the fault-free part at one alarm an hour and a tenth of the time in alarm: chosen without the
    /// injections.
    /// </summary>
    public static NezhaFigures AtBudget(IReadOnlyList<NezhaDay> days, IReadOnlyDictionary<string, SeriesResult> series, string method)
    {
        double[] Scores(NezhaDay day, string service) => series[day.NameOf(service)].Runs[method].Scores;
        double[] levels =
        [
            .. days.SelectMany(day => Enumerable.Range(0, day.FaultFreeRows).Select(i => day.Services.Max(s => Scores(day, s)[i])))
                .Distinct()
                .OrderDescending(),
        ];
        var best = At(levels[0]);
        foreach (var level in levels.Skip(1))
        {
            var figures = At(level);
            if (figures.FalseAlarmsPerHour > MostAlarmsPerHour || figures.TimeInAlarm > MostTimeInAlarm)
                break;
            best = figures;
        }
        return best;

        NezhaFigures At(double threshold) => Of(days, (day, service) => Array.ConvertAll(Scores(day, service), s => s > threshold));
    }

    private static NezhaFigures Of(IReadOnlyList<NezhaDay> days, Func<NezhaDay, string, bool[]> inAlarm)
    {
        List<(InjectedFault Fault, int? Delay)> found = [];
        int alarms = 0,
            rows = 0,
            rowsInAlarm = 0;
        foreach (var day in days)
        {
            var fired = day.Services.ToDictionary(s => s, s => Rules.Alarms(inAlarm(day, s), 0));
            var any = new bool[day.FaultFreeRows];
            foreach (var (first, last) in fired.Values.SelectMany(a => a))
                for (var i = first; i <= last && i < any.Length; i++)
                    any[i] = true;
            alarms += Rules.Alarms(any, 0).Count;
            (rows, rowsInAlarm) = (rows + any.Length, rowsInAlarm + any.Count(a => a));
            foreach (var fault in day.Faults)
                found.Add(
                    (
                        fault,
                        fired
                            .Where(f => day.Touches(fault.Service, f.Key))
                            .SelectMany(f => f.Value)
                            .Select(a => (int?)(a.First - fault.First))
                            .Where(d => d is >= 0 and < RowsToBeFound)
                            .Min()
                    )
                );
        }
        int[] delays = [.. found.Where(f => f.Fault.IsOfResources).Select(f => f.Delay).OfType<int>().Order()];
        return new(
            Share(found.Where(f => f.Fault.IsOfResources)),
            Share(found.Where(f => !f.Fault.IsOfResources)),
            delays.Length == 0 ? double.NaN : delays[delays.Length / 2],
            alarms / (rows / 60.0),
            (double)rowsInAlarm / rows
        );

        static double Share(IEnumerable<(InjectedFault Fault, int? Delay)> faults) =>
            faults.Select(f => f.Delay is null ? 0.0 : 1).DefaultIfEmpty(double.NaN).Average();
    }
}

/// <summary>Both readings of the application, by method.</summary>
internal sealed record NezhaTotals(IReadOnlyDictionary<string, NezhaFigures> Frozen, IReadOnlyDictionary<string, NezhaFigures> Budget)
{
    public static NezhaTotals Of(string folder, IReadOnlyList<SeriesResult> series)
    {
        var days = NezhaProtocol.Days(folder);
        var byName = series.ToDictionary(s => s.Name);
        return new(
            Methods.Detectors.ToDictionary(m => m, m => NezhaFigures.AtFrozen(days, byName, m)),
            Methods.Detectors.ToDictionary(m => m, m => NezhaFigures.AtBudget(days, byName, m))
        );
    }
}
