using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>The registry as services get it: a directory, mirrored to the MLflow server that <c>MLFLOW_TRACKING_URI</c> names, if any.</summary>
public static class MirroredRegistryServices
{
    /// <param name="directory">The local registry's directory.</param>
    public static IServiceCollection AddMirroredRegistry(this IServiceCollection services, Func<IServiceProvider, string> directory)
    {
        services.AddSingleton(s => new LocalRegistry(directory(s), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new Outbox(directory(s), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new MlflowConnection(
            MlflowSettings.From(s.GetRequiredService<IConfiguration>()),
            s.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton(s => new MirroredRegistry(
            s.GetRequiredService<LocalRegistry>(),
            s.GetRequiredService<Outbox>(),
            s.GetRequiredService<MlflowConnection>().Registry,
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<MirroredRegistry>>()
        ));
        services.AddSingleton<IModelRegistry>(s => s.GetRequiredService<MirroredRegistry>());
        return services.AddSingleton<IHostedService>(s => new RegistryReplayer(
            s.GetRequiredService<MirroredRegistry>(),
            s.GetRequiredService<Outbox>(),
            s.GetRequiredService<MlflowConnection>().Registry is { } server
                ? new OutboxReplay(
                    s.GetRequiredService<Outbox>(),
                    s.GetRequiredService<LocalRegistry>(),
                    server,
                    s.GetRequiredService<ILogger<OutboxReplay>>()
                )
                : null,
            s.GetRequiredService<ServiceMetrics>(),
            s.GetRequiredService<LoopHost>(),
            s.GetRequiredService<ILogger<RegistryReplayer>>()
        ));
    }

    /// <summary>The server's registry, or none; owns its connections.</summary>
    private sealed class MlflowConnection : IDisposable
    {
        private readonly MlflowClient? _client;

        public MlflowConnection(MlflowSettings? settings, TimeProvider time)
        {
            if (settings is null)
                return;
            _client = new(settings, time);
            Registry = new(_client, time);
        }

        public MlflowRegistry? Registry { get; }

        public void Dispose() => _client?.Dispose();
    }
}
