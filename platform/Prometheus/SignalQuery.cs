using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>A query whose series the detector watches: a preset's or the user's own.</summary>
/// <param name="Query">Name, expression and, for the user's own, the place in the file.</param>
/// <param name="Kind">What is measured.</param>
/// <param name="Unit">Unit of the values, for people.</param>
/// <param name="DetectionDirection">Which side of the expectation matters.</param>
/// <param name="MinDevFromExpected">Deviations smaller than this, in <paramref name="Unit"/>, are no anomalies.</param>
/// <param name="MinRelDevFromExpected">Deviations smaller than this share of the expectation are no anomalies.</param>
public sealed record SignalQuery(
    PromQuery Query,
    SignalKind Kind,
    string Unit,
    DetectionDirection DetectionDirection = DetectionDirection.Both,
    double MinDevFromExpected = 0,
    double MinRelDevFromExpected = 0
)
{
    public string Name => Query.Name;

    /// <summary>What travels with the samples of this query.</summary>
    public Signal Signal { get; } = new(Query.Name, Kind, Unit, new DetectionRule(DetectionDirection, MinDevFromExpected, MinRelDevFromExpected));

    /// <summary>Identity of a series of this query's answer: its labels without <c>__name__</c>.</summary>
    public SeriesIdentity Identify(Labels labels) =>
        Signal.Identify(labels.TryGetValue("__name__", out _) ? new Labels(labels.Where(static l => l.Key != "__name__")) : labels);
}
