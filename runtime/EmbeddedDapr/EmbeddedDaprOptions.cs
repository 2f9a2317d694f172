using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Embedded;

/// <summary>What the sidecars of one process share.</summary>
public sealed record EmbeddedDaprOptions
{
    /// <summary>Sidecars that start at once; more can be added later.</summary>
    public IReadOnlyList<SidecarOptions> Sidecars { get; init; } = [];

    /// <summary>
    /// Folder for what must survive a restart (queued messages, workflows), used by one process at a time. Null keeps it in memory.
    /// </summary>
    public string? DataDirectory { get; init; }

    /// <summary>
    /// Folder where the sidecars of several processes find each other. Of one app id in several, that of this runtime is called. Null: only the
    /// sidecars of this runtime find each other.
    /// </summary>
    public string? NamesDirectory { get; init; }

    /// <summary>Clock of timers, expiry and schedules.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
