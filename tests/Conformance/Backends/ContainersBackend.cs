using System.Globalization;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;

namespace Dapr.Conformance.Tests.Backends;

/// <summary>The real runtime in containers: daprd, placement and scheduler, workflows and state in Redis.</summary>
internal sealed class ContainersBackend : IDaprBackend
{
    private const string Image = "daprio/dapr:1.18.2";
    private const string Redis = "redis:7-alpine";
    private const int HttpPort = 3500;
    private const int GrpcPort = 50001;
    private readonly List<IContainer> _containers = [];
    private INetwork? _network;

    private ContainersBackend() { }

    public string Name => "containers";

    public string ActorStateStore =>
        """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: workflowstore}
            spec:
              type: state.redis
              version: v1
              metadata: [{name: redisHost, value: "redis:6379"}, {name: actorStateStore, value: "true"}]
            """;

    public string AppHost => "host.docker.internal";

    public static (IDaprBackend? Backend, string? Reason) Make()
    {
        var socket = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "/var/run/docker.sock";
        return socket.StartsWith('/') && !File.Exists(socket)
            ? (null, $"ANOMALY_DAPR is containers, but there is no container engine: {socket} does not exist and DOCKER_HOST is not set.")
            : (new ContainersBackend(), null);
    }

    public async Task<RunningSidecar> StartAsync(SidecarSpec spec, CancellationToken cancellationToken)
    {
        if (_network is null)
            await StartControlPlaneAsync(cancellationToken);
        List<string> command =
        [
            "./daprd",
            "--app-id",
            spec.AppId,
            "--dapr-http-port",
            Text(HttpPort),
            "--dapr-grpc-port",
            Text(GrpcPort),
            "--dapr-listen-addresses",
            "0.0.0.0",
            "--resources-path",
            "/resources",
            "--placement-host-address",
            "placement:50005",
            "--scheduler-host-address",
            "scheduler:50006",
        ];
        if (spec.AppPort is { } port)
            command.AddRange(["--app-port", Text(port), "--app-channel-address", AppHost]);
        if (spec.ConfigFile is { } config)
            command.AddRange(["--config", $"/resources/{Path.GetFileName(config)}"]);

        var builder = Builder(Image)
            .WithCommand([.. command])
            .WithBindMount(spec.ResourcesFolder, "/resources")
            .WithExtraHost(AppHost, "host-gateway")
            .WithPortBinding(HttpPort, assignRandomHostPort: true)
            .WithPortBinding(GrpcPort, assignRandomHostPort: true);
        if (spec.ApiToken is { } token)
            builder = builder.WithEnvironment("DAPR_API_TOKEN", token);
        if (spec.AppToken is { } appToken)
            builder = builder.WithEnvironment("APP_API_TOKEN", appToken);
        var container = await StartAsync(builder, cancellationToken);

        Uri http = new($"http://{container.Hostname}:{container.GetMappedPublicPort(HttpPort)}");
        await Health.WaitAsync(http, cancellationToken);
        return new RunningSidecar(
            spec.AppId,
            http,
            new Uri($"http://{container.Hostname}:{container.GetMappedPublicPort(GrpcPort)}"),
            container.DisposeAsync
        );
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var each in Enumerable.Reverse(_containers))
            await each.DisposeAsync();
        if (_network is not null)
            await _network.DisposeAsync();
    }

    private async Task StartControlPlaneAsync(CancellationToken cancellationToken)
    {
        _network = new NetworkBuilder().Build();
        await _network.CreateAsync(cancellationToken);
        await StartAsync(
            Builder(Redis).WithNetworkAliases("redis").WithCommand("redis-server", "--notify-keyspace-events", "KEA"),
            cancellationToken
        );
        await StartAsync(Builder(Image).WithNetworkAliases("placement").WithCommand("./placement", "--port", "50005"), cancellationToken);
        await StartAsync(
            Builder(Image).WithNetworkAliases("scheduler").WithCommand("./scheduler", "--port", "50006", "--etcd-data-dir", "/tmp/etcd"),
            cancellationToken
        );
    }

    private ContainerBuilder Builder(string image) => new ContainerBuilder(image).WithNetwork(_network);

    private async Task<IContainer> StartAsync(ContainerBuilder builder, CancellationToken cancellationToken)
    {
        var container = builder.Build();
        _containers.Add(container);
        await container.StartAsync(cancellationToken);
        return container;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
