using Dapr.Embedded.PubSub.Routing.Cel;

namespace Dapr.Embedded.Resiliency;

/// <summary>Calls that a breaker has seen since its counters were cleared.</summary>
internal readonly record struct BreakerCounts(
    long Requests,
    long TotalSuccesses,
    long TotalFailures,
    long ConsecutiveSuccesses,
    long ConsecutiveFailures
)
{
    public BreakerCounts AfterSuccess() =>
        this with
        {
            TotalSuccesses = TotalSuccesses + 1,
            ConsecutiveSuccesses = ConsecutiveSuccesses + 1,
            ConsecutiveFailures = 0,
        };

    public BreakerCounts AfterFailure() =>
        this with
        {
            TotalFailures = TotalFailures + 1,
            ConsecutiveFailures = ConsecutiveFailures + 1,
            ConsecutiveSuccesses = 0,
        };
}

/// <summary>A breaker's <c>trip</c>: a CEL expression over the counts; by default, more than five failures in a row.</summary>
internal sealed class TripRule
{
    public static readonly TripRule Default = new(null);

    private readonly CelExpression? expression;

    private TripRule(CelExpression? expression) => this.expression = expression;

    /// <exception cref="FormatException">The text is no expression.</exception>
    public static TripRule Parse(string? text) => string.IsNullOrWhiteSpace(text) ? Default : new TripRule(CelExpression.Parse(text));

    public bool Trips(BreakerCounts counts) =>
        expression is null
            ? counts.ConsecutiveFailures > 5
            : expression
                .Evaluate(
                    new Dictionary<string, object?>
                    {
                        ["requests"] = counts.Requests,
                        ["totalSuccesses"] = counts.TotalSuccesses,
                        ["totalFailures"] = counts.TotalFailures,
                        ["consecutiveSuccesses"] = counts.ConsecutiveSuccesses,
                        ["consecutiveFailures"] = counts.ConsecutiveFailures,
                    }
                )
                .Matches;
}
