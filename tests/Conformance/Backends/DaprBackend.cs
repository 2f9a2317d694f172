namespace Dapr.Conformance.Tests.Backends;

/// <summary>One sidecar as a test wants it. Ports are chosen by the backend.</summary>
/// <param name="AppId">Its app id.</param>
/// <param name="AppPort">Where the app behind it listens; null without an app.</param>
/// <param name="ResourcesFolder">Its components, subscriptions and resiliency.</param>
/// <param name="ConfigFile">Its Configuration, or null.</param>
/// <param name="ApiToken">The token that callers must send, or null.</param>
/// <param name="AppToken">The token sent to the app, or null.</param>
internal sealed record SidecarSpec(
    string AppId,
    int? AppPort,
    string ResourcesFolder,
    string? ConfigFile = null,
    string? ApiToken = null,
    string? AppToken = null
);

/// <summary>A sidecar that answers.</summary>
internal sealed record RunningSidecar(string AppId, Uri Http, Uri Grpc, Func<ValueTask> StopAsync);

/// <summary>Where the suite gets its sidecars from.</summary>
internal interface IDaprBackend : IAsyncDisposable
{
    /// <summary>The value of ANOMALY_DAPR that chooses it.</summary>
    string Name { get; }

    /// <summary>The state store that holds workflows: a Component document named <c>workflowstore</c>.</summary>
    string ActorStateStore { get; }

    /// <summary>The host by which sidecars reach apps of this process.</summary>
    string AppHost { get; }

    /// <summary>Starts a sidecar and waits until its API answers.</summary>
    Task<RunningSidecar> StartAsync(SidecarSpec spec, CancellationToken cancellationToken);
}

/// <summary>The backend that ANOMALY_DAPR names, or why there is none.</summary>
internal static class BackendChoice
{
    public const string Variable = "ANOMALY_DAPR";

    public const string InMemoryStore = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: workflowstore}
        spec: {type: state.in-memory, version: v1, metadata: [{name: actorStateStore, value: "true"}]}
        """;

    public static (IDaprBackend? Backend, string? Reason) Make() =>
        (Environment.GetEnvironmentVariable(Variable) ?? "embedded") switch
        {
            "embedded" => (new EmbeddedBackend(), null),
            "daprd" => DaprdBackend.Make(),
            "containers" => ContainersBackend.Make(),
            var other => throw new InvalidOperationException($"{Variable} is '{other}'; it can be embedded, daprd or containers."),
        };
}
