using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Embedded;

/// <summary>What the sidecars of one process share.</summary>
public sealed record EmbeddedDaprOptions
{
    /// <summary>Sidecars that start at once; more can be added later.</summary>
    public IReadOnlyList<SidecarOptions> Sidecars { get; init; } = [];

    /// <summary>
    /// Folder for what must survive a restart (queued messages, workflows) and for the names of the sidecars of other processes.
    /// Null keeps everything in memory, and only the sidecars of this process find each other.
    /// </summary>
    public string? DataDirectory { get; init; }

    /// <summary>Clock of timers, expiry and schedules.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
