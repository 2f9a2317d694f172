using Dapr.Embedded.App;
using Dapr.Embedded.Components;
using Dapr.Embedded.Names;
using Dapr.Embedded.Resources;
using Dapr.Embedded.Tracing;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Hosting;

/// <summary>What the building blocks of one sidecar know: who it is, its app, its resources and components, and what it shares with others.</summary>
internal sealed class SidecarContext(SidecarOptions options, SharedObjects shared, Action requestStop)
{
    /// <summary>Namespace of names and access control when none was given.</summary>
    public const string DefaultNamespace = "default";

    private ComponentRegistry? components;
    private IReadOnlyList<BuildingBlock> blocks = [];

    public SidecarOptions Options => options;

    public string AppId => options.AppId;

    public string Namespace => options.Namespace ?? DefaultNamespace;

    public SharedObjects Shared => shared;

    public TimeProvider Time => shared.Time;

    public ILoggerFactory LoggerFactory => shared.LoggerFactory;

    public INames Names => shared.Names;

    public string? DataDirectory => shared.DataDirectory;

    public AppChannel App { get; } = new(options, shared.Time);

    /// <summary>The snapshot that is in force; replaced by a reload.</summary>
    public ResourceSet Resources { get; set; } = ResourceSet.Empty;

    public ComponentRegistry Components => components ?? throw new InvalidOperationException("the components are not there yet");

    /// <summary>Where spans go; null when they go nowhere.</summary>
    public TraceExport? Traces { get; set; }

    public IComponentPolicies Policies { get; set; } = new NoPolicies();

    /// <summary>Ports that were bound; 0 before the sidecar listens.</summary>
    public int HttpPort { get; set; }

    public int GrpcPort { get; set; }

    /// <summary>Null when none was asked for.</summary>
    public int? PublicPort { get; set; }

    /// <summary>Components are up; from then on /v1.0/healthz/outbound is well.</summary>
    public bool ComponentsReady { get; set; }

    /// <summary>Everything is up, subscriptions included; from then on /v1.0/healthz is well.</summary>
    public bool Ready { get; set; }

    public IReadOnlyList<BuildingBlock> Blocks => blocks;

    /// <summary>Asks the host to stop the sidecar (POST /v1.0/shutdown).</summary>
    public void RequestStop() => requestStop();

    /// <summary>The building block of that type, for the few that call each other (workflows ask state, bindings ask app health …).</summary>
    public T Block<T>()
        where T : BuildingBlock => blocks.OfType<T>().Single();

    public void Attach(ComponentRegistry registry, IReadOnlyList<BuildingBlock> all) => (components, blocks) = (registry, all);
}
