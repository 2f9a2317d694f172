using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>The receivers that components/local knows, and what their secrets hold.</summary>
public static class Receivers
{
    /// <summary>Nobody listens there: the address of a receiver that was not set.</summary>
    private const string Nowhere = "http://127.0.0.1:9/";

    public static readonly IReadOnlyList<string> All = ["slack", "pagerduty", "alertmanager"];

    public static Dictionary<string, string> Unset(string receiver) =>
        receiver switch
        {
            "pagerduty" => new() { ["url"] = "https://events.pagerduty.com/v2/enqueue", ["routing-key"] = "" },
            "alertmanager" => new() { ["url"] = "http://127.0.0.1:9093/api/v2/alerts" },
            _ => new() { ["url"] = Nowhere },
        };

    /// <summary>Whoever is told of incidents has to have an address.</summary>
    /// <param name="secrets">By the names of the receivers.</param>
    /// <param name="file">Where they stand, for the message.</param>
    /// <exception cref="UserException">A route has none.</exception>
    public static void Check(AlertsConfiguration alerts, IReadOnlyDictionary<string, Dictionary<string, string>> secrets, string file)
    {
        foreach (var route in alerts.Routes.Where(All.Contains))
            if (Missing(route, secrets.GetValueOrDefault(route) ?? []) is { } key)
                throw new UserException(
                    $"{alerts.RoutesPlace?.ToString() ?? "alerts.routes"}: \"{route}\" has no {key} yet; set \"{key}\" of \"{route}\" in {file}",
                    ExitCodes.BadConfiguration
                );
    }

    private static string? Missing(string receiver, Dictionary<string, string> secret) =>
        secret.GetValueOrDefault("url") is null or "" or Nowhere ? "url"
        : receiver == "pagerduty" && secret.GetValueOrDefault("routing-key") is null or "" ? "routing-key"
        : null;
}
