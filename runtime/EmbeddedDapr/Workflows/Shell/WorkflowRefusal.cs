using Grpc.Core;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Why a client's call was refused.</summary>
internal enum RefusalReason
{
    /// <summary>There is no such instance.</summary>
    NoSuchInstance,

    /// <summary>An active instance has that id.</summary>
    AlreadyExists,

    /// <summary>The id cannot be used.</summary>
    InvalidId,

    /// <summary>Purge of an instance that is not over.</summary>
    NotCompleted,

    /// <summary>No worker connected in time.</summary>
    NoWorker,

    /// <summary>The instance is stalled and takes no events.</summary>
    Stalled,

    /// <summary>The request is not supported.</summary>
    Unsupported,
}

/// <summary>A refused call, with the words of daprd.</summary>
internal sealed class WorkflowRefusal(RefusalReason reason, string message) : Exception(message)
{
    public RefusalReason Reason => reason;

    public StatusCode Code =>
        reason switch
        {
            RefusalReason.AlreadyExists => StatusCode.AlreadyExists,
            RefusalReason.NoWorker => StatusCode.FailedPrecondition,
            _ => StatusCode.Unknown,
        };

    public static WorkflowRefusal NoSuchInstance() => new(RefusalReason.NoSuchInstance, "no such instance exists");
}
