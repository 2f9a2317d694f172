namespace Dapr.Embedded.Resiliency;

/// <summary>How often and how far apart a failed try is repeated. Defaults are those of the Resiliency resource.</summary>
internal sealed record RetryPolicy
{
    public bool Exponential { get; init; }

    /// <summary>Pause of the constant policy.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan InitialInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Part of a pause of the exponential policy that is random, to either side.</summary>
    public double RandomizationFactor { get; init; } = 0.5;

    public double Multiplier { get; init; } = 1.5;

    public TimeSpan MaxInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time after which the exponential policy gives up.</summary>
    public TimeSpan MaxElapsedTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Repetitions after the first try; −1 is for ever.</summary>
    public long MaxRetries { get; init; } = -1;

    public StatusMatch HttpStatusCodes { get; init; } = StatusMatch.All;

    public StatusMatch GrpcStatusCodes { get; init; } = StatusMatch.All;

    /// <summary>Whether a failure is one that this policy repeats; one without a status is (the lists speak of answers only).</summary>
    public bool Covers(Failure failure) =>
        failure.Retriable
        && failure switch
        {
            { HttpStatus: { } http } => HttpStatusCodes.Names(http),
            { GrpcStatus: { } grpc } => GrpcStatusCodes.Names(grpc),
            _ => true,
        };

    /// <summary>Pause before the given repetition (1, 2, …); null when the policy gives up.</summary>
    /// <param name="repetition">1 for the first repetition.</param>
    /// <param name="elapsed">Time since the first try began.</param>
    /// <param name="random">From 0 up to 1.</param>
    public TimeSpan? PauseBefore(long repetition, TimeSpan elapsed, double random)
    {
        if (MaxRetries >= 0 && repetition > MaxRetries)
            return null;
        if (!Exponential)
            return Duration;
        var interval = Math.Min(InitialInterval.TotalMilliseconds * Math.Pow(Multiplier, repetition - 1), MaxInterval.TotalMilliseconds);
        var pause = TimeSpan.FromMilliseconds(interval * (1 + RandomizationFactor * (2 * random - 1)));
        return MaxElapsedTime > TimeSpan.Zero && elapsed + pause > MaxElapsedTime ? null : pause;
    }
}
