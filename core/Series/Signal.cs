namespace Dapr.Anomaly.Core.Series;

/// <summary>What a query measures, and which of its deviations matter. All series of the query share it.</summary>
/// <param name="Name">Name of the query in the configuration or preset, for example <c>container_cpu</c>.</param>
/// <param name="Unit">Unit of the values, for people.</param>
public sealed record Signal(string Name, SignalKind Kind, string Unit, DetectionRule Rule)
{
    public SeriesIdentity Identify(Labels labels) => new(Name, Kind, Unit, labels);
}

/// <summary>A series with what matters about it.</summary>
public sealed record WatchedSeries(SeriesIdentity Series, DetectionRule Rule);
