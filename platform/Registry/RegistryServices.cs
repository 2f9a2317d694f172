using Dapr.Anomaly.Platform.Registry.Mlflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Registry;

/// <summary>
/// Chooses the registry from the settings: <c>ANOMALY_REGISTRY</c> names the local directory, <c>.anomaly/registry</c> when absent;
/// <c>MLFLOW_TRACKING_URI</c> the MLflow server that is told everything.
/// </summary>
public static class RegistryServices
{
    public const string DirectoryKey = "ANOMALY_REGISTRY";
    public const string DefaultDirectory = ".anomaly/registry";

    public static IServiceCollection AddModelRegistry(this IServiceCollection services) =>
        services.AddMirroredRegistry(s => s.GetRequiredService<IConfiguration>()[DirectoryKey] ?? DefaultDirectory);

    /// <summary>Keeps what <typeparamref name="TLoader"/> makes of the champion's files at hand, as <see cref="ChampionWatcher{T}"/>.</summary>
    public static IServiceCollection AddChampion<T, TLoader>(this IServiceCollection services)
        where T : class
        where TLoader : ChampionLoader<T>
    {
        services.AddSingleton<ChampionLoader<T>, TLoader>();
        services.AddSingleton<ChampionWatcher<T>>();
        return services.AddHostedService(s => s.GetRequiredService<ChampionWatcher<T>>());
    }
}
