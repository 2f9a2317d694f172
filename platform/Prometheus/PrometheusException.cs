namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>What went wrong between us and the server.</summary>
public enum PrometheusFailure
{
    /// <summary>No connection, or no answer in time. Transient.</summary>
    Unreachable = 0,

    /// <summary>The server refuses the credentials, or wants some. Permanent until the configuration changes.</summary>
    Unauthorized = 1,

    /// <summary>The server understood and refuses: a parse error, or a query it will not run. Permanent.</summary>
    BadQuery = 2,

    /// <summary>The server gave up on the query (time or overload). Transient.</summary>
    Overloaded = 3,

    /// <summary>The answer exceeds our limits on series or bytes. Permanent until the query or the limit changes.</summary>
    TooLarge = 4,

    /// <summary>What answers does not speak the Prometheus HTTP API. Permanent.</summary>
    NotPrometheus = 5,
}

/// <summary>A failed Prometheus request; the message is one line for people, naming the server or the query.</summary>
public sealed class PrometheusException(PrometheusFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public PrometheusFailure Failure { get; } = failure;

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient => Failure is PrometheusFailure.Unreachable or PrometheusFailure.Overloaded;

    /// <summary>Whether a shorter range of the same query may be answered.</summary>
    public bool MayBeTheRange => Failure is PrometheusFailure.BadQuery or PrometheusFailure.Overloaded or PrometheusFailure.TooLarge;
}
