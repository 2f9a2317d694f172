namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>What an incident is worth.</summary>
internal enum IncidentClass
{
    /// <summary>Nothing was wrong.</summary>
    False = 0,

    /// <summary>A fault explains it.</summary>
    Fault = 1,

    /// <summary>It opened while a fault settled; it counts neither for nor against.</summary>
    Settling = 2,

    /// <summary>Recorded days do not say.</summary>
    Unknown = 3,
}

/// <param name="Cause">The fault, or the normal event at the time; null where nothing is known to have happened.</param>
internal sealed record ClassedIncident(OpenedIncident Opened, IncidentClass Class, TrueEvent? Cause)
{
    /// <summary>Where nothing is known to have happened.</summary>
    public const string Quiet = "nothing";

    public string CauseName => Cause?.Kind ?? Quiet;

    /// <summary>Faults come first; among several of a kind the one on the workload itself, then the latest.</summary>
    public static ClassedIncident Of(OpenedIncident opened, IReadOnlyList<TrueEvent> events)
    {
        TrueEvent? Find(bool isFault, Func<TrueEvent, bool> fits) =>
            events
                .Where(e => e.IsFault == isFault && fits(e))
                .OrderByDescending(e => e.Workload == opened.Incident.Workload)
                .ThenByDescending(e => e.Start)
                .FirstOrDefault();

        if (Find(true, e => e.Explains(opened)) is { } fault)
            return new(opened, IncidentClass.Fault, fault);
        return Find(true, e => e.Settles(opened)) is { } settling
            ? new(opened, IncidentClass.Settling, settling)
            : new(opened, IncidentClass.False, Find(false, e => e.Settles(opened)));
    }
}
