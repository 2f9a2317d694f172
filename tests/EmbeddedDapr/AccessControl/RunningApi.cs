using Dapr.Client;
using Dapr.Embedded;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.AccessControl;

/// <summary>A sidecar with a state store <c>s</c>, a broker <c>p</c>, a secret store <c>e</c> and a Configuration.</summary>
internal sealed record RunningApi(TestSidecar Running, ResourcesFolder Configuration) : IAsyncDisposable
{
    public Sidecar Sidecar => Running.Sidecar;

    public HttpClient Http => Running.Http;

    public DaprClient Client() => Running.Client();

    /// <param name="spec">The spec of the Configuration.</param>
    /// <param name="grpcAppPort">Port of a gRPC app.</param>
    public static async Task<RunningApi> StartAsync(string spec, int? grpcAppPort = null)
    {
        var configuration = new ResourcesFolder(
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: c
            spec: { {{spec}} }
            """
        );
        var running = await TestSidecar.StartAsync(
            [Component("s", "state.in-memory"), Component("p", "pubsub.in-memory"), Component("e", "secretstores.local.env")],
            TestContext.Current.CancellationToken,
            options =>
                options with
                {
                    ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")],
                    PublicPort = 0,
                    AppPort = grpcAppPort,
                    AppProtocol = grpcAppPort is null ? AppProtocol.Http : AppProtocol.Grpc,
                }
        );
        return new RunningApi(running, configuration);
    }

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        Configuration.Dispose();
    }
}
