namespace Dapr.Embedded;

/// <summary>How the runtime talks to the app behind a sidecar.</summary>
public enum AppProtocol
{
    /// <summary>HTTP/1.1 in clear text.</summary>
    Http,

    /// <summary>HTTP/1.1 or HTTP/2 over TLS; the certificate is not verified, as in daprd.</summary>
    Https,

    /// <summary>HTTP/2 in clear text.</summary>
    H2c,

    /// <summary>The AppCallback services over gRPC in clear text.</summary>
    Grpc,

    /// <summary>The AppCallback services over gRPC and TLS; the certificate is not verified, as in daprd.</summary>
    Grpcs,
}

/// <summary>One sidecar: an app id, its port pair, its resources and the app behind it. Names follow daprd's flags.</summary>
public sealed record SidecarOptions
{
    /// <summary>The app id; unique among the sidecars that find each other.</summary>
    public required string AppId { get; init; }

    /// <summary>Port of the app; null when there is no app or its port is told later by <see cref="Sidecar.ConnectApp"/>.</summary>
    public int? AppPort { get; init; }

    public AppProtocol AppProtocol { get; init; } = AppProtocol.Http;

    /// <summary>Host on which the app listens.</summary>
    public string AppChannelAddress { get; init; } = "127.0.0.1";

    /// <summary>Calls that the app is given at once; 0 or less is no limit.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    /// <summary>Port of the HTTP API; 0 lets the system choose.</summary>
    public int HttpPort { get; init; }

    /// <summary>Port of the gRPC API; 0 lets the system choose.</summary>
    public int GrpcPort { get; init; }

    /// <summary>Port on which other sidecars call this one; 0 lets the system choose.</summary>
    public int InternalGrpcPort { get; init; }

    /// <summary>Port of the public metadata and health routes; null opens none, 0 lets the system choose.</summary>
    public int? PublicPort { get; init; }

    /// <summary>Addresses that the two API ports listen on; null is the loopback interface, IPv4 and IPv6.</summary>
    public IReadOnlyList<string>? ListenAddresses { get; init; }

    /// <summary>Folders (not their subfolders) whose *.yaml and *.yml hold components, subscriptions and the like.</summary>
    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    /// <summary>Files of kind Configuration; of several, a later one overrides the sections it names.</summary>
    public IReadOnlyList<string> ConfigPaths { get; init; } = [];

    /// <summary>Token that callers of the API must send; null accepts all.</summary>
    public string? ApiToken { get; init; }

    /// <summary>
    /// Null, as in daprd: the Host and Origin headers of callers of the API are not looked at. A list: only loopback names, the address that was
    /// called and the names of the list are answered, others get 403.
    /// </summary>
    public IReadOnlyList<string>? AllowedHosts { get; init; }

    /// <summary>Token sent to the app with every call.</summary>
    public string? AppApiToken { get; init; }

    /// <summary>Namespace of the sidecar; null is no namespace (key prefixes fall back to the app id, names resolve in "default").</summary>
    public string? Namespace { get; init; }

    public bool EnableAppHealthCheck { get; init; }

    public string AppHealthCheckPath { get; init; } = "/healthz";

    public TimeSpan AppHealthProbeInterval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan AppHealthProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Failed probes in a row that make the app unhealthy.</summary>
    public int AppHealthThreshold { get; init; } = 3;

    /// <summary>How long an input binding waits for the app's answer to OPTIONS.</summary>
    public TimeSpan AppBindingOptionsTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Largest request body, and largest gRPC message, in bytes.</summary>
    public int MaxBodySizeBytes { get; init; } = 4 << 20;

    /// <summary>Largest header block of a request in bytes.</summary>
    public int ReadBufferSizeBytes { get; init; } = 4 << 10;

    /// <summary>Time that requests under way are given when the sidecar stops.</summary>
    public TimeSpan GracefulShutdown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Writes one line for each API call.</summary>
    public bool EnableApiLogging { get; init; }
}
