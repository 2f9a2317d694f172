using Dapr.Embedded.Hosting;

namespace Dapr.Embedded;

/// <summary>A running sidecar: the Dapr API of one app id.</summary>
public sealed class Sidecar : IAsyncDisposable
{
    private readonly SidecarHost host;
    private readonly Action<Sidecar> removed;

    internal Sidecar(SidecarHost host, Action<Sidecar> removed)
    {
        this.host = host;
        this.removed = removed;
    }

    public string AppId => host.Context.AppId;

    /// <summary>Bound port of the HTTP API.</summary>
    public int HttpPort => host.Context.HttpPort;

    /// <summary>Bound port of the gRPC API.</summary>
    public int GrpcPort => host.Context.GrpcPort;

    /// <summary>Bound port of the public health and metadata routes; null when none was asked for.</summary>
    public int? PublicPort => host.Context.PublicPort;

    /// <summary>For DAPR_HTTP_ENDPOINT or DaprClientBuilder.UseHttpEndpoint.</summary>
    public Uri HttpEndpoint => new($"http://127.0.0.1:{HttpPort}");

    /// <summary>For DAPR_GRPC_ENDPOINT or DaprClientBuilder.UseGrpcEndpoint.</summary>
    public Uri GrpcEndpoint => new($"http://127.0.0.1:{GrpcPort}");

    /// <summary>Every route of every port, as it runs.</summary>
    public IReadOnlyList<ApiRoute> Routes => host.Routes;

    /// <summary>Completes when someone asked the sidecar to stop (POST /v1.0/shutdown); the owner then disposes it.</summary>
    public Task StopRequested => host.StopRequested;

    internal SidecarContext Context => host.Context;

    /// <summary>Tells the port of an app that bound one by itself; the sidecar then asks it for its subscriptions.</summary>
    public void ConnectApp(int port) => host.ConnectApp(port);

    /// <summary>Completes when /v1.0/healthz is well: the app answers and is subscribed, or there is no app.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken) => host.Following.WaitAsync(cancellationToken);

    /// <summary>Reads the resources folders again at once; a change of a file does the same by itself within a second or two.</summary>
    public Task ReloadAsync(CancellationToken cancellationToken) => host.ReloadAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        removed(this);
        await host.DisposeAsync().ConfigureAwait(false);
    }
}
