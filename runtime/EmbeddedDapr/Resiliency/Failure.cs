namespace Dapr.Embedded.Resiliency;

/// <summary>Why a try failed: the status of the other side when it answered, else the code of the call's own error.</summary>
/// <param name="Message">One line for the log and for the caller.</param>
/// <param name="HttpStatus">Status of an HTTP answer.</param>
/// <param name="GrpcStatus">Status code of a gRPC answer or call.</param>
/// <param name="Retriable">False ends the retries at once.</param>
internal sealed record Failure(string Message, int? HttpStatus = null, int? GrpcStatus = null, bool Retriable = true)
{
    public static readonly Failure DeadlineExceeded = new("context deadline exceeded", GrpcStatus: 4);

    public static readonly Failure BreakerOpen = new("circuit breaker is open", Retriable: false);
}

/// <summary>What a try gave: a value, and the failure if it counts as one (an answer may be both: a 500 is still passed on).</summary>
internal readonly record struct Attempt<T>(T? Value, Failure? Failure)
{
    public static implicit operator Attempt<T>(T value) => new(value, null);
}
