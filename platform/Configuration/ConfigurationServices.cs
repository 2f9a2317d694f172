using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>
/// Loads <c>anomaly.yaml</c> for a service: <c>ANOMALY_CONFIG</c> names the file (<c>anomaly.yaml</c> of the working directory when nothing is named), <c>ANOMALY_PROMETHEUS_URL</c> is enough without one and wins over the file's <c>reader.url</c>.
/// <c>ANOMALY_ROUTES</c> (names of bindings, by commas) and <c>ANOMALY_STEP_SECONDS</c> win over the file, too.
/// </summary>
public static class ConfigurationServices
{
    public const string FileKey = "ANOMALY_CONFIG";
    public const string DefaultFile = "anomaly.yaml";
    public const string UrlKey = "ANOMALY_PROMETHEUS_URL";
    public const string RoutesKey = "ANOMALY_ROUTES";
    public const string StepKey = "ANOMALY_STEP_SECONDS";

    /// <exception cref="ConfigurationException">The file is wrong, or neither a file nor a URL is given.</exception>
    public static AnomalyConfiguration Load(IConfiguration settings)
    {
        var file = settings[FileKey] ?? (string.IsNullOrEmpty(settings[UrlKey]) && File.Exists(DefaultFile) ? DefaultFile : null);
        var configuration = Load(file, settings[UrlKey]);
        if (settings[RoutesKey] is { Length: > 0 } routes)
            configuration = configuration with
            {
                Alerts = configuration.Alerts with
                {
                    Routes = routes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                },
            };
        if (settings[StepKey] is { Length: > 0 } step)
            configuration =
                double.TryParse(step, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= 3600
                    ? configuration with
                    {
                        Reader = configuration.Reader with { Step = TimeSpan.FromSeconds(seconds) },
                    }
                    : throw new ConfigurationException([new(StepKey, 0, "", $"\"{step}\" is not a number of seconds from 1 to 3600")]);
        return configuration;
    }

    /// <inheritdoc cref="Load(IConfiguration)"/>
    public static AnomalyConfiguration Load(string? file, string? url)
    {
        Uri? server = null;
        if (!string.IsNullOrEmpty(url) && (!Uri.TryCreate(url, UriKind.Absolute, out server) || server.Scheme is not ("http" or "https")))
            throw new ConfigurationException([new(UrlKey, 0, "", $"\"{url}\" is not an http or https URL, for example http://prometheus:9090")]);
        if (string.IsNullOrEmpty(file))
            return server is not null
                ? AnomalyConfiguration.ForUrl(server)
                : throw new ConfigurationException([
                    new(
                        "anomaly.yaml",
                        0,
                        "reader.url",
                        "nothing says where Prometheus is; give its URL (--prometheus, or ANOMALY_PROMETHEUS_URL for a single service) or a configuration file"
                    ),
                ]);
        var result = AnomalyConfiguration.Load(file);
        if (!result.IsValid)
            throw new ConfigurationException(result.Errors);
        var configuration = result.Value;
        return server is null
            ? configuration
            : configuration with
            {
                Reader = configuration.Reader with { Prometheus = configuration.Reader.Prometheus with { Url = server } },
            };
    }

    public static IServiceCollection AddAnomalyConfiguration(this IServiceCollection services, IConfiguration settings) =>
        services.AddSingleton(Load(settings));
}

/// <summary>The configuration is wrong; one line for each error.</summary>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationError> errors) : Exception(string.Join('\n', errors))
{
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;
}
