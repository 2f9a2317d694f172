namespace Dapr.Anomaly.Core.Series;

/// <summary>Which side of the expectation is anomalous.</summary>
public enum DetectionDirection
{
    Both = 0,
    AboveExpected = 1,
    BelowExpected = 2,
}

/// <summary>What the user said about a query: which deviations from the expectation matter. It travels with the query's samples.</summary>
/// <param name="DetectionDirection">Which side of the expectation matters.</param>
/// <param name="MinDevFromExpected">Deviations smaller than this, in the unit of the series, are no anomalies.</param>
/// <param name="MinRelDevFromExpected">Deviations smaller than this share of the expectation are no anomalies.</param>
public sealed record DetectionRule(
    DetectionDirection DetectionDirection = DetectionDirection.Both,
    double MinDevFromExpected = 0,
    double MinRelDevFromExpected = 0
)
{
    /// <summary>Every deviation matters.</summary>
    public static readonly DetectionRule Any = new();

    /// <summary>Why a value as far from its expectation does not matter, or null when it does.</summary>
    public string? ReasonToIgnore(double value, double expected)
    {
        var deviation = value - expected;
        return DetectionDirection switch
        {
            DetectionDirection.AboveExpected when deviation <= 0 => "below the expectation does not matter here",
            DetectionDirection.BelowExpected when deviation >= 0 => "above the expectation does not matter here",
            _ when Math.Abs(deviation) < MinDevFromExpected => "less than min_dev_from_expected away",
            _ when Math.Abs(deviation) < MinRelDevFromExpected * Math.Abs(expected) => "less than min_rel_dev_from_expected away",
            _ => null,
        };
    }
}
