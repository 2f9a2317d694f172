namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>What a failed call means for the caller.</summary>
public enum MlflowFailure
{
    /// <summary>The server is away or overloaded: the same call may work later.</summary>
    Unreachable,

    /// <summary>Credentials, host check, artifact proxy: the same call works after somebody changed a setting.</summary>
    Setup,

    /// <summary>The server does not know the route: an older version.</summary>
    UnknownRoute,

    /// <summary>What the call is about is not there.</summary>
    NotFound,

    /// <summary>It is there already.</summary>
    AlreadyExists,

    /// <summary>The server will never take this call.</summary>
    Refused,
}

/// <summary>A failed MLflow call; the message names the server, the call, what came back and what to do.</summary>
public sealed class MlflowException(MlflowFailure failure, string message, Exception? inner = null) : RegistryException(message, inner)
{
    public MlflowFailure Failure { get; } = failure;

    /// <summary>How long the server asked to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
