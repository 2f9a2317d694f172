using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>Where MLflow is and how to get in, under the names that MLflow's own clients read.</summary>
/// <param name="Tracking"><c>MLFLOW_TRACKING_URI</c>, with a path when the server has a static prefix.</param>
/// <param name="Registry"><c>MLFLOW_REGISTRY_URI</c>; the tracking server when absent.</param>
/// <param name="Username"><c>MLFLOW_TRACKING_USERNAME</c> with <c>MLFLOW_TRACKING_PASSWORD</c>: Basic, wins over the token.</param>
/// <param name="Token"><c>MLFLOW_TRACKING_TOKEN</c>: Bearer, for a proxy in front of the server.</param>
/// <param name="InsecureTls"><c>MLFLOW_TRACKING_INSECURE_TLS</c>: <c>true</c> takes any certificate.</param>
/// <param name="Workspace"><c>MLFLOW_WORKSPACE</c>: only for servers with workspaces.</param>
/// <param name="Retries"><c>MLFLOW_HTTP_REQUEST_MAX_RETRIES</c>: 2 when absent; what waits in the outbox is tried again anyway.</param>
/// <param name="Timeout"><c>MLFLOW_HTTP_REQUEST_TIMEOUT</c> in seconds for one request: 120 when absent.</param>
public sealed record MlflowSettings(
    Uri Tracking,
    Uri Registry,
    string? Username,
    string? Password,
    string? Token,
    bool InsecureTls,
    string? Workspace,
    int Retries,
    TimeSpan Timeout
)
{
    public const string TrackingKey = "MLFLOW_TRACKING_URI";

    /// <summary>The settings, or null when no server is named.</summary>
    /// <exception cref="ArgumentException">A value cannot be used; the message names the key, the value and what would be right.</exception>
    public static MlflowSettings? From(IConfiguration configuration)
    {
        if (configuration[TrackingKey] is not { Length: > 0 } tracking)
            return null;
        var server = Server(TrackingKey, tracking);
        return new(
            server,
            configuration["MLFLOW_REGISTRY_URI"] is { Length: > 0 } registry ? Server("MLFLOW_REGISTRY_URI", registry) : server,
            Text(configuration, "MLFLOW_TRACKING_USERNAME"),
            Text(configuration, "MLFLOW_TRACKING_PASSWORD"),
            Text(configuration, "MLFLOW_TRACKING_TOKEN"),
            configuration["MLFLOW_TRACKING_INSECURE_TLS"] is { } insecure
                && (insecure.Equals("true", StringComparison.OrdinalIgnoreCase) || insecure == "1"),
            Text(configuration, "MLFLOW_WORKSPACE"),
            Number(configuration, "MLFLOW_HTTP_REQUEST_MAX_RETRIES", 0, 2),
            TimeSpan.FromSeconds(Number(configuration, "MLFLOW_HTTP_REQUEST_TIMEOUT", 1, 120))
        );
    }

    private static string? Text(IConfiguration configuration, string key) => configuration[key] is { Length: > 0 } value ? value : null;

    private static int Number(IConfiguration configuration, string key, int least, int otherwise)
    {
        if (Text(configuration, key) is not { } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
            : throw new ArgumentException($"{key} is \"{text}\"; it must be a whole number, {least} or more");
    }

    private static Uri Server(string key, string value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ArgumentException(
                $"{key} is \"{value}\"; it must be the http or https URL of an MLflow server, for example http://mlflow:5000"
            );
        return uri.UserInfo.Length == 0
            ? uri
            : throw new ArgumentException($"{key} carries a user name; put it into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD");
    }
}
