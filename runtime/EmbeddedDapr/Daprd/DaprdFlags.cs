namespace Dapr.Embedded.Daprd;

/// <summary>daprd's command line, read as Go reads flags: "--name value", "--name=value", one or two dashes, a bare flag is true.</summary>
public sealed record DaprdFlags
{
    public required SidecarOptions Sidecar { get; init; }

    /// <summary>debug, info, warn or error.</summary>
    public string LogLevel { get; init; } = "info";

    public bool LogAsJson { get; init; }

    /// <summary>Flags that were given and mean nothing to a runtime of one machine, in the order given.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Names of the flags that do what they do in daprd, without dashes.</summary>
    public static IReadOnlySet<string> Known => DaprdFlagNames.Known;

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What follows "daprd".</param>
    /// <param name="environment">Looks up DAPR_API_TOKEN, APP_API_TOKEN, NAMESPACE and APP_ID.</param>
    /// <exception cref="EmbeddedDaprException">A flag is unknown or its value cannot be read; the message names both.</exception>
    public static DaprdFlags Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var values = new FlagValues(arguments);
        foreach (var name in values.Names.Where(name => !DaprdFlagNames.Known.Contains(name) && !DaprdFlagNames.Meaningless.Contains(name)))
            throw new EmbeddedDaprException($"flag --{name} is not known to daprd; see anomaly daprd --help");
        var appPort = values.Whole("app-port", 0);
        return new DaprdFlags
        {
            LogLevel = values.Text("log-level") ?? "info",
            LogAsJson = values.Flag("log-as-json"),
            Ignored = [.. values.Names.Where(DaprdFlagNames.Meaningless.Contains)],
            Sidecar = new SidecarOptions
            {
                AppId =
                    values.Text("app-id")
                    ?? environment("APP_ID")
                    ?? throw new EmbeddedDaprException("--app-id is missing; give the sidecar the id of its app, for example --app-id orders"),
                AppPort = appPort > 0 ? appPort : null,
                AppProtocol = Protocol(values),
                AppChannelAddress = values.Text("app-channel-address") ?? "127.0.0.1",
                AppMaxConcurrency = values.Whole("app-max-concurrency", -1),
                HttpPort = values.Whole("dapr-http-port", 3500),
                GrpcPort = values.Whole("dapr-grpc-port", 50001),
                InternalGrpcPort = values.Whole("dapr-internal-grpc-port", 0),
                PublicPort = values.Text("dapr-public-port") is null ? null : values.Whole("dapr-public-port", 0),
                ListenAddresses = values
                    .Text("dapr-listen-addresses")
                    ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                ResourcesPaths = [.. values.All("resources-path"), .. values.All("components-path")],
                ConfigPaths = values.All("config"),
                ApiToken = environment("DAPR_API_TOKEN"),
                AppApiToken = environment("APP_API_TOKEN"),
                Namespace = environment("NAMESPACE"),
                EnableAppHealthCheck = values.Flag("enable-app-health-check"),
                AppHealthCheckPath = values.Text("app-health-check-path") ?? "/healthz",
                AppHealthProbeInterval = TimeSpan.FromSeconds(values.Whole("app-health-probe-interval", 5)),
                AppHealthProbeTimeout = TimeSpan.FromMilliseconds(values.Whole("app-health-probe-timeout", 500)),
                AppHealthThreshold = values.Whole("app-health-threshold", 3),
                AppBindingOptionsTimeout = values.Duration("app-binding-options-timeout", TimeSpan.FromSeconds(3)),
                MaxBodySizeBytes = values.Size("max-body-size", values.Whole("dapr-http-max-request-size", 4) << 20),
                ReadBufferSizeBytes = values.Size("read-buffer-size", values.Whole("dapr-http-read-buffer-size", 4) << 10),
                GracefulShutdown = TimeSpan.FromSeconds(Math.Max(0, values.Whole("dapr-graceful-shutdown-seconds", 5))),
                EnableApiLogging = values.Flag("enable-api-logging"),
            },
        };
    }

    private static AppProtocol Protocol(FlagValues values)
    {
        var text = values.Text("app-protocol") ?? "http";
        var ssl = values.Flag("app-ssl");
        return text.ToLowerInvariant() switch
        {
            "http" => ssl ? AppProtocol.Https : AppProtocol.Http,
            "https" => AppProtocol.Https,
            "h2c" => AppProtocol.H2c,
            "grpc" => ssl ? AppProtocol.Grpcs : AppProtocol.Grpc,
            "grpcs" => AppProtocol.Grpcs,
            _ => throw new EmbeddedDaprException($"--app-protocol is \"{text}\", expected http, https, h2c, grpc or grpcs"),
        };
    }
}

/// <summary>The flags of daprd 1.18.</summary>
internal static class DaprdFlagNames
{
    /// <summary>Flags that do what they do in daprd.</summary>
    public static readonly IReadOnlySet<string> Known = new HashSet<string>(StringComparer.Ordinal)
    {
        "app-id",
        "app-port",
        "app-protocol",
        "app-ssl",
        "app-channel-address",
        "app-max-concurrency",
        "dapr-http-port",
        "dapr-grpc-port",
        "dapr-internal-grpc-port",
        "dapr-public-port",
        "dapr-listen-addresses",
        "resources-path",
        "components-path",
        "config",
        "enable-app-health-check",
        "app-health-check-path",
        "app-health-probe-interval",
        "app-health-probe-timeout",
        "app-health-threshold",
        "app-binding-options-timeout",
        "max-body-size",
        "read-buffer-size",
        "dapr-http-max-request-size",
        "dapr-http-read-buffer-size",
        "dapr-graceful-shutdown-seconds",
        "enable-api-logging",
        "log-level",
        "log-as-json",
    };

    /// <summary>Flags of a cluster or of processes that are not here: accepted, and named once in the log.</summary>
    public static readonly IReadOnlySet<string> Meaningless = new HashSet<string>(StringComparer.Ordinal)
    {
        "actors-service",
        "allowed-origins",
        "control-plane-address",
        "control-plane-namespace",
        "control-plane-trust-domain",
        "dapr-block-shutdown-duration",
        "dapr-internal-grpc-listen-address",
        "dapr-public-listen-address",
        "disable-builtin-k8s-secret-store",
        "disable-init-endpoints",
        "enable-metrics",
        "enable-mtls",
        "enable-profiling",
        "kubeconfig",
        "metrics-listen-address",
        "metrics-port",
        "mode",
        "placement-host-address",
        "profile-port",
        "reminders-service",
        "scheduler-host-address",
        "sentry-address",
        "sentry-request-jwt-audiences",
        "trust-anchors-file",
        "unix-domain-socket",
    };

    /// <summary>Flags that take no value when they stand alone.</summary>
    public static readonly IReadOnlySet<string> Switches = new HashSet<string>(StringComparer.Ordinal)
    {
        "app-ssl",
        "enable-app-health-check",
        "enable-api-logging",
        "log-as-json",
        "enable-metrics",
        "enable-mtls",
        "enable-profiling",
        "disable-builtin-k8s-secret-store",
    };
}
