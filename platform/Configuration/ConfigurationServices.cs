using System.Globalization;
using Dapr.Anomaly.Core.Series;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>
/// Loads <c>anomaly.yaml</c> for a service: <c>ANOMALY_CONFIG</c> names the file (<c>anomaly.yaml</c> of the working directory when nothing is
/// named),
/// <c>ANOMALY_PROMETHEUS_URL</c> is enough without one and wins over the file's <c>reader.url</c>. <c>ANOMALY_ROUTES</c> (names of bindings, by
/// commas),
/// <c>ANOMALY_BUDGET</c> (the default budget) and <c>ANOMALY_STEP_SECONDS</c> win over the file, too.
/// A service reads the section that it uses and is stopped by mistakes in that section only. The collector reads the whole file, so that every
/// mistake is told by one.
/// </summary>
public static class ConfigurationServices
{
    public const string FileKey = "ANOMALY_CONFIG";
    public const string DefaultFile = "anomaly.yaml";
    public const string UrlKey = "ANOMALY_PROMETHEUS_URL";
    public const string RoutesKey = "ANOMALY_ROUTES";
    public const string BudgetKey = "ANOMALY_BUDGET";
    public const string StepKey = "ANOMALY_STEP_SECONDS";

    /// <summary>Everything.</summary>
    /// <exception cref="ConfigurationException">The file is wrong, or neither a file nor a URL is given.</exception>
    public static AnomalyConfiguration Load(IConfiguration settings)
    {
        var configuration = Load(FileOf(settings), settings[UrlKey]);
        return configuration with
        {
            Reader = configuration.Reader with { Step = StepOf(settings) ?? configuration.Reader.Step },
            Alerts = WithSettings(configuration.Alerts, settings),
        };
    }

    /// <inheritdoc cref="Load(IConfiguration)"/>
    public static AnomalyConfiguration Load(string? file, string? url)
    {
        Uri? server = null;
        if (!string.IsNullOrEmpty(url) && (!Uri.TryCreate(url, UriKind.Absolute, out server) || server.Scheme is not ("http" or "https")))
            throw Wrong(UrlKey, $"\"{url}\" is not an http or https URL, for example http://prometheus:9090");
        if (string.IsNullOrEmpty(file))
            return server is not null
                ? AnomalyConfiguration.ForUrl(server)
                : throw new ConfigurationException([
                    new(
                        new(DefaultFile, 0, "reader.url"),
                        "nothing says where Prometheus is; give its URL "
                            + "(--prometheus, or ANOMALY_PROMETHEUS_URL for a single service) or a configuration file"
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

    /// <summary>What the file says about alerts, and nothing else: no server is needed.</summary>
    /// <exception cref="ConfigurationException">That section is wrong.</exception>
    public static AlertsConfiguration LoadAlerts(IConfiguration settings) =>
        WithSettings(Section(settings, AlertsSection.Read) ?? AlertsConfiguration.Default, settings);

    /// <summary>What the file says about schedulers, and nothing else.</summary>
    /// <exception cref="ConfigurationException">That section is wrong.</exception>
    public static SchedulersConfiguration LoadSchedulers(IConfiguration settings) =>
        Section(settings, SchedulersSection.Read) ?? SchedulersConfiguration.Default;

    /// <summary>What the file says about series, and nothing else.</summary>
    /// <exception cref="ConfigurationException">That section is wrong.</exception>
    public static SeriesLimits LoadSeries(IConfiguration settings) => Section(settings, SeriesSection.Read) ?? SeriesLimits.Default;

    public static IServiceCollection AddAnomalyConfiguration(this IServiceCollection services, IConfiguration settings) =>
        services.AddSingleton(Load(settings));

    /// <summary>The file of the settings; where only a URL is given, none.</summary>
    private static string? FileOf(IConfiguration settings) =>
        settings[FileKey] is { Length: > 0 } file ? file
        : string.IsNullOrEmpty(settings[UrlKey]) && File.Exists(DefaultFile) ? DefaultFile
        : null;

    private static T? Section<T>(IConfiguration settings, Func<YamlSection, T> read)
        where T : class
    {
        if (FileOf(settings) is not { } file)
            return null;
        var (text, error) = ConfigurationFile.Read(file);
        if (text is null)
            throw new ConfigurationException([error!]);
        var (value, errors) = ConfigurationReader.Read(text, file, Environment.GetEnvironmentVariable, read);
        return errors.Count == 0 ? value : throw new ConfigurationException(errors);
    }

    private static AlertsConfiguration WithSettings(AlertsConfiguration alerts, IConfiguration settings)
    {
        if (settings[RoutesKey] is { Length: > 0 } routes)
            alerts = alerts with
            {
                Routes = routes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                RoutesPlace = new(RoutesKey),
            };
        if (settings[BudgetKey] is { Length: > 0 } text)
            alerts = AlertBudget.TryParse(text, out var budget)
                ? alerts with
                {
                    DefaultBudget = budget,
                }
                : throw Wrong(BudgetKey, $"\"{text}\" {AlertBudget.Shape}");
        return alerts;
    }

    private static TimeSpan? StepOf(IConfiguration settings)
    {
        if (settings[StepKey] is not { Length: > 0 } text)
            return null;
        var (least, most) = (ReaderConfiguration.MinStep.TotalSeconds, TimeGrid.MaxStep.TotalSeconds);
        return double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds >= least && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : throw Wrong(StepKey, $"\"{text}\" is not a number of seconds from {least:0} to {most:0}");
    }

    private static ConfigurationException Wrong(string setting, string message) => new([new(new(setting), message)]);
}

/// <summary>The configuration is wrong; one line for each error.</summary>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationError> errors) : Exception(string.Join('\n', errors))
{
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;
}
