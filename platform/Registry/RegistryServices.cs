using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Registry;

/// <summary>Chooses the registry from the settings: <c>ANOMALY_REGISTRY</c> names the local directory, <c>.anomaly/registry</c> when absent.</summary>
public static class RegistryServices
{
    public const string DirectoryKey = "ANOMALY_REGISTRY";
    public const string DefaultDirectory = ".anomaly/registry";

    public static IServiceCollection AddModelRegistry(this IServiceCollection services) =>
        services.AddSingleton<IModelRegistry>(s => new LocalRegistry(
            s.GetRequiredService<IConfiguration>()[DirectoryKey] ?? DefaultDirectory, s.GetRequiredService<TimeProvider>()));

    /// <summary>Keeps what <paramref name="loader"/> makes of the champion's files at hand, as <see cref="ChampionWatcher{T}"/>.</summary>
    public static IServiceCollection AddChampion<T>(this IServiceCollection services, Func<IServiceProvider, ChampionLoader<T>> loader)
        where T : class
    {
        services.AddSingleton(loader);
        services.AddSingleton<ChampionWatcher<T>>();
        return services.AddHostedService(s => s.GetRequiredService<ChampionWatcher<T>>());
    }
}
