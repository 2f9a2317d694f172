namespace Dapr.Anomaly.Cli.Up;

/// <summary>The receivers that components/local knows, and what their secrets hold.</summary>
public static class Receivers
{
    public static readonly IReadOnlyList<string> All = ["slack", "pagerduty", "alertmanager"];

    public static Dictionary<string, string> Unset(string receiver) =>
        receiver switch
        {
            "pagerduty" => new() { ["url"] = "https://events.pagerduty.com/v2/enqueue", ["routing-key"] = "" },
            "alertmanager" => new() { ["url"] = "http://127.0.0.1:9093/api/v2/alerts" },
            _ => new() { ["url"] = "http://127.0.0.1:9/" },
        };
}
