namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>What node-exporter and the kubelet's target export about one node, and kube-state-metrics about Deployments and ReplicaSets.</summary>
internal sealed class NodeExporter(SeriesCatalog catalog, ClusterHistory history, Grid grid, ulong seed)
{
    private const int Cpus = 8;
    private const double Gi = 1L << 30;

    /// <param name="node">Its name.</param>
    /// <param name="pods">Pods that were ever on it.</param>
    /// <param name="memory">Working set of all pods on it at a step.</param>
    public void Add(string node, IReadOnlyList<Pod> pods, Func<long, double> memory)
    {
        catalog.For("kubelet", node, 0, long.MaxValue).Gauge("up", "", 1);
        var target = catalog.For("node-exporter", node, 0, long.MaxValue);
        var mix = HashNoise.Seed(seed, node);
        target.Gauge("up", "", 1);
        // Shares of the work on this node, by workload.
        (int Workload, Shares Shares)[] load =
        [
            .. pods.GroupBy(static p => p.Workload).Select(static g => (g.Key, Shares.Total(g.Select(p => p.Shares.During(p.From, p.To))).Merged())),
        ];
        double Sum(Counter counter, long step)
        {
            double sum = 0;
            foreach (var (workload, share) in load)
                sum += share.Sum(0, step, at => history.At(workload, counter, at));
            return sum;
        }

        double Requests(long step) => Sum(Counter.Succeeded, step) + Sum(Counter.Failed, step);
        double Clock(ulong noise, long step) =>
            step * grid.StepSeconds + HashNoise.Warp(mix ^ noise, grid.TimeOf(step) / 1000.0) - HashNoise.Warp(mix ^ noise, grid.EpochMs / 1000.0);
        double Used(long step) => Sum(Counter.CpuSeconds, step) + 0.0006 * Requests(step) + 0.25 * Clock(1, step);
        double Waiting(long step) => 0.03 * Clock(2, step);

        for (var cpu = 0; cpu < Cpus; cpu++)
        {
            target.Counter("node_cpu_seconds_total", $"cpu={cpu},mode=user", step => 0.72 * Used(step) / Cpus);
            target.Counter("node_cpu_seconds_total", $"cpu={cpu},mode=system", step => 0.28 * Used(step) / Cpus);
            target.Counter("node_cpu_seconds_total", $"cpu={cpu},mode=iowait", step => Waiting(step) / Cpus);
            target.Counter("node_cpu_seconds_total", $"cpu={cpu},mode=idle", step => step * grid.StepSeconds - (Used(step) + Waiting(step)) / Cpus);
        }
        var stepsPerMinute = Math.Max(1, 60_000 / grid.StepMs);
        target.Gauge(
            "node_load1",
            "",
            step =>
            {
                var cores =
                    (Used(step) - Used(Math.Max(0, step - stepsPerMinute)))
                    / (Math.Min(step, stepsPerMinute) is 0 ? 1 : Math.Min(step, stepsPerMinute) * grid.StepSeconds);
                return Math.Round(Math.Max(0, cores * (1.1 + 0.25 * HashNoise.Smooth(mix ^ 3, grid.TimeOf(step) / 45_000.0))), 2);
            }
        );
        target.Gauge("node_memory_MemTotal_bytes", "", 16 * Gi);
        target.Gauge(
            "node_memory_MemAvailable_bytes",
            "",
            step => Math.Floor(14.6 * Gi - memory(step) - 0.2 * Gi * HashNoise.Smooth(mix ^ 4, grid.TimeOf(step) / 1_500_000.0))
        );
        var faultsInBursts = new RareBursts(mix ^ 13, grid, chance: 0.04, largest: 3000);
        target.Counter("node_vmstat_pgmajfault", "", step => Math.Floor(0.4 * Clock(5, step)) + faultsInBursts.At(step));
        Filesystem(target, "/", "ext4", "/dev/vda1", 80 * Gi, step => 0.42 + 0.00025 * (grid.TimeOf(step) - grid.EpochMs) / 3_600_000.0 % 0.2);
        Filesystem(target, "/var/lib/data", "xfs", "/dev/vdb", 200 * Gi, step => 0.31 + 0.02 * (grid.TimeOf(step) / 86_400_000.0 % 1));
        foreach (var (device, perSecond, perRequest) in ((string, double, double)[])[("vda", 0.02, 0.0001), ("vdb", 0.01, 0.00005)])
        {
            target.Counter("node_disk_io_time_seconds_total", $"device={device}", step => perSecond * Clock(6, step) + perRequest * Requests(step));
            target.Counter(
                "node_disk_io_time_weighted_seconds_total",
                $"device={device}",
                step => 1.6 * perSecond * Clock(7, step) + 2 * perRequest * Requests(step)
            );
        }
        target.Counter(
            "node_pressure_cpu_waiting_seconds_total",
            "",
            step => 0.02 * Clock(10, step) + 0.0002 * Requests(step) + 0.05 * Sum(Counter.ThrottledPeriods, step) / 10
        );
        target.Counter("node_pressure_memory_waiting_seconds_total", "", step => 0.0005 * Clock(11, step));
        target.Counter("node_pressure_io_waiting_seconds_total", "", step => 0.01 * Clock(12, step) + 0.00005 * Requests(step));
        target.Counter("node_network_receive_bytes_total", "device=eth0", step => Math.Floor(9000 * Clock(8, step) + 1500 * Requests(step)));
        target.Counter("node_network_transmit_bytes_total", "device=eth0", step => Math.Floor(7000 * Clock(9, step) + 4000 * Requests(step)));
        var errors = new RareBursts(mix ^ 14, grid, chance: 0.003, largest: 6);
        target.Counter("node_network_receive_errs_total", "device=eth0", errors.At);
    }

    private static void Filesystem(SeriesCatalog.Target target, string mountpoint, string type, string device, double bytes, Func<long, double> used)
    {
        var labels = $"mountpoint={mountpoint},fstype={type},device={device}";
        target.Gauge("node_filesystem_size_bytes", labels, bytes);
        target.Gauge("node_filesystem_avail_bytes", labels, step => Math.Floor(bytes * (1 - used(step))));
        target.Gauge("node_filesystem_readonly", labels, 0);
    }
}
