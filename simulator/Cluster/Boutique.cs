namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>The shop: the services and call graph of Google's Online Boutique demonstration, with figures of our own.</summary>
internal static class Boutique
{
    public const int ServicesPerShop = 12;
    private const double Mi = 1 << 20;

    /// <summary>
    /// The first <paramref name="count"/> workloads, callers after the called; beyond twelve in further shops, each a namespace of its own.
    /// </summary>
    public static IReadOnlyList<WorkloadSpec> Workloads(int count)
    {
        List<WorkloadSpec> all = [];
        for (var shop = 0; all.Count < count; shop++)
            all.AddRange(Shop(shop == 0 ? "boutique" : $"boutique-{shop + 1}").Take(count - all.Count));
        var known = all.Select(static w => w.FullName).ToHashSet();
        return all.ConvertAll(w => w with { Calls = [.. w.Calls.Where(c => known.Contains($"{w.Namespace}/{c.Target}"))] });
    }

    private static WorkloadSpec[] Shop(string ns) =>
        [
            Service(ns, "redis", 1, 0, 0.04, 0.0006, 1.0, 180, 512, 0.0008, 0.5, 0, false, "redis") with
            {
                VolumeBytes = 8192 * Mi,
            },
            Service(ns, "currency", 2, 0, 0.03, 0.0011, 0.2, 70, 160, 0.004, 0.45, 0.0004),
            Service(ns, "productcatalog", 2, 0, 0.05, 0.0022, 0.5, 60, 160, 0.008, 0.5, 0.0005),
            Service(ns, "ad", 2, 0, 0.05, 0.006, 0.3, 190, 400, 0.010, 0.6, 0.001),
            Service(ns, "payment", 2, 0, 0.03, 0.008, 0.2, 90, 200, 0.030, 0.5, 0.0015),
            Service(ns, "email", 1, 0, 0.02, 0.010, 0.3, 80, 200, 0.015, 0.6, 0.001) with
            {
                Cron = new(TimeSpan.FromDays(1), TimeSpan.FromHours(6), TimeSpan.FromMinutes(8), 4, 1),
            },
            Service(ns, "shipping", 2, 0, 0.03, 0.004, 0.2, 50, 128, 0.008, 0.5, 0.0006),
            Service(ns, "cart", 2, 0, 0.06, 0.0045, 0.4, 140, 320, 0.010, 0.55, 0.0008) with
            {
                Calls = [new("redis", 1.5, 1)],
            },
            Service(ns, "recommendation", 2, 0, 0.06, 0.009, 0.4, 220, 450, 0.022, 0.6, 0.001) with
            {
                Calls = [new("productcatalog", 1, 0.3)],
                Cron = new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(3), 1, 2.2),
            },
            Service(ns, "checkout", 2, 0, 0.08, 0.022, 0.5, 130, 320, 0.040, 0.5, 0.0015) with
            {
                Calls =
                [
                    new("cart", 1, 1),
                    new("currency", 2, 1),
                    new("email", 1, 0.1),
                    new("payment", 1, 1),
                    new("productcatalog", 2, 1),
                    new("shipping", 2, 1),
                ],
            },
            Service(ns, "frontend", 3, 42, 0.15, 0.010, 0.5, 150, 400, 0.015, 0.5, 0.0008) with
            {
                Calls =
                [
                    new("ad", 0.5, 0),
                    new("cart", 0.7, 0.6),
                    new("checkout", 0.16, 1),
                    new("currency", 1.5, 0.5),
                    new("productcatalog", 2.5, 0.5),
                    new("recommendation", 0.6, 0),
                    new("shipping", 0.2, 0.5),
                ],
            },
            Service(ns, "loadgenerator", 1, 42, 0.08, 0.0022, 0.5, 110, 300, 0, 0.5, 0, false, "main"),
        ];

    private static WorkloadSpec Service(
        string ns,
        string name,
        int replicas,
        double peak,
        double cpuBase,
        double cpuPerRequest,
        double cpuLimit,
        double memory,
        double memoryLimit,
        double median,
        double sigma,
        double errors,
        bool http = true,
        string container = "server"
    ) => new(ns, name, container, replicas, peak, cpuBase, cpuPerRequest, cpuLimit, memory * Mi, memoryLimit * Mi, median, sigma, errors, http, []);
}
