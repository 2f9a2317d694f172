namespace Dapr.Anomaly.Cli.Processes;

/// <summary>Something that runs until it ends by itself or is disposed: a service in this process, or a child process.</summary>
internal interface IRunningPart : IAsyncDisposable
{
    /// <summary>
    /// Completes when it has ended: with the reason, for people, or with null when it had no more to do and is not to be started again.
    /// </summary>
    Task<string?> Ended { get; }
}
