namespace Dapr.Anomaly.Cli.Bench;

/// <summary>
/// What daprd 1.18.2 reached with a Node client and a Node app as processes of their own on two shared cores: for each row the best of 3 to
/// 7 series, in phases with little foreign load. Our client is .NET in the same process, so the two columns show an order, not a ratio.
/// </summary>
internal static class DaprdFigures
{
    public const int ChainedActivities = 5;

    /// <summary>Five chained no-op activities with a Go worker, 500 at once.</summary>
    public const string Workflows = "140/s on Redis, 129/s in memory, 26/s on SQLite, where a quarter and more of the starts failed";

    private static readonly Dictionary<(string Name, int AtOnce), string> Figures = new()
    {
        [("app called directly", 1)] = "11 k/s, 0.08 ms, 0.2 ms",
        [("app called directly", 16)] = "25 k/s, 0.6 ms, 1.5 ms",
        [("invocation, one sidecar", 1)] = "1.9 k/s, 0.48 ms, 1.8 ms",
        [("invocation, one sidecar", 16)] = "6.2 k/s, 2.2 ms, 8 ms",
        [("invocation, two sidecars", 1)] = "0.87 k/s, 0.93 ms, 6 ms",
        [("invocation, two sidecars", 16)] = "1.5 k/s, 9 ms, 29 ms",
        [("state save, memory", 1)] = "3.9 k/s, 0.22 ms, 0.5 ms",
        [("state save, memory", 16)] = "14.6 k/s, 0.6 ms, 5 ms",
        [("state get, memory", 1)] = "4.9 k/s, 0.19 ms, 0.4 ms",
        [("state get, memory", 16)] = "18.8 k/s, 0.5 ms, 5 ms",
        [("publish to delivery, in memory", 16)] = "2.8 k/s",
    };

    public static string Of(string name, int atOnce) => Figures.GetValueOrDefault((name, atOnce), "not measured");
}
