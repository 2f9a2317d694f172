using Dapr.Embedded;

namespace Dapr.Conformance.Tests.Backends;

/// <summary>The embedded runtime, in this process.</summary>
internal sealed class EmbeddedBackend : IDaprBackend
{
    private EmbeddedDapr? _runtime;

    public string Name => "embedded";

    public string ActorStateStore => BackendChoice.InMemoryStore;

    public string AppHost => "127.0.0.1";

    public async Task<RunningSidecar> StartAsync(SidecarSpec spec, CancellationToken cancellationToken)
    {
        _runtime ??= await EmbeddedDapr.StartAsync(new EmbeddedDaprOptions(), cancellationToken);
        var sidecar = await _runtime.AddSidecarAsync(
            new SidecarOptions
            {
                AppId = spec.AppId,
                AppPort = spec.AppPort,
                ResourcesPaths = [spec.ResourcesFolder],
                ConfigPaths = spec.ConfigFile is null ? [] : [spec.ConfigFile],
                ApiToken = spec.ApiToken,
                AppApiToken = spec.AppToken,
            },
            cancellationToken
        );
        await sidecar.ReadyAsync(cancellationToken);
        return new RunningSidecar(spec.AppId, sidecar.HttpEndpoint, sidecar.GrpcEndpoint, sidecar.DisposeAsync);
    }

    public async ValueTask DisposeAsync()
    {
        if (_runtime is not null)
            await _runtime.DisposeAsync();
    }
}
