using System.Globalization;

namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>What cAdvisor, kube-state-metrics and the application itself export about one pod.</summary>
internal sealed class PodExporters(SeriesCatalog catalog, ClusterHistory history, Grid grid, ulong seed)
{
    public const string KubeStateInstance = "kube-state-metrics:8080";

    public void Add(Pod pod, WorkloadSpec spec, IReadOnlyList<Fault> faults)
    {
        CAdvisor(pod, spec, faults);
        KubeState(pod, spec, faults);
        if (spec.ServesHttp)
            Http(pod, spec, faults);
        if (spec.VolumeBytes > 0 && pod.Slot == 0)
            Volume(pod, spec, faults);
    }

    private void CAdvisor(Pod pod, WorkloadSpec spec, IReadOnlyList<Fault> faults)
    {
        var target = catalog.For("kubelet", pod.Node, pod.From, pod.To);
        var mix = HashNoise.Seed(seed, pod.Name);
        var labels = $"namespace={spec.Namespace},pod={pod.Name},node={pod.Node}";
        var app = $"{labels},container={spec.Container}";
        Func<long, double> cpu = step => Count(pod, Counter.CpuSeconds, step);
        Func<long, double> throttled = step => Math.Floor(Count(pod, Counter.ThrottledPeriods, step));
        target.Counter("container_cpu_usage_seconds_total", app, cpu);
        target.Counter("container_cpu_cfs_periods_total", app, step => Math.Floor(10 * Age(pod.Origin(step), step)));
        target.Counter("container_cpu_cfs_throttled_periods_total", app, throttled);
        target.Counter("container_cpu_cfs_throttled_seconds_total", app, step => 0.06 * throttled(step));
        target.Counter("container_oom_events_total", app, step => pod.OomKillsUntil(step));
        Memory(target, app, step => AppMemory(pod, spec, faults, mix, step));
        Disk(target, app, mix, pod, readsPerRequest: spec.Name == "redis" ? 20 : 60, writesPerRequest: spec.Name == "redis" ? 900 : 250);

        var sidecar = $"{labels},container=daprd";
        target.Counter(
            "container_cpu_usage_seconds_total",
            sidecar,
            step => 0.004 * Wandering(mix ^ 1, pod.From, step) + 0.0006 * Requests(pod, pod.From, step)
        );
        target.Counter("container_cpu_cfs_periods_total", sidecar, step => Math.Floor(10 * Age(pod.From, step)));
        target.Counter("container_cpu_cfs_throttled_periods_total", sidecar, step => Math.Floor(0.004 * Wandering(mix ^ 2, pod.From, step)));
        target.Counter("container_oom_events_total", sidecar, static _ => 0);
        Memory(target, sidecar, step => Steady(mix ^ 3, 42 << 20, Age(pod.From, step), grid.TimeOf(step)));
        Disk(target, sidecar, mix ^ 4, pod, readsPerRequest: 0, writesPerRequest: 40);

        var network = $"{labels},interface=eth0";
        target.Counter(
            "container_network_receive_bytes_total",
            network,
            step => Math.Floor(900 * Wandering(mix ^ 5, pod.From, step) + 1400 * Requests(pod, pod.From, step))
        );
        target.Counter(
            "container_network_transmit_bytes_total",
            network,
            step => Math.Floor(700 * Wandering(mix ^ 6, pod.From, step) + 3800 * Requests(pod, pod.From, step))
        );
        var drops = new RareBursts(mix ^ 9, grid, chance: 0.002, largest: 12);
        target.Counter("container_network_receive_packets_dropped_total", network, step => drops.At(step) - drops.At(pod.From));
    }

    private void Memory(SeriesCatalog.Target target, string labels, Func<long, double> workingSet)
    {
        target.Gauge("container_memory_working_set_bytes", labels, workingSet);
        target.Gauge("container_memory_rss", labels, step => Math.Floor(0.88 * workingSet(step)));
    }

    private void Disk(SeriesCatalog.Target target, string labels, ulong mix, Pod pod, double readsPerRequest, double writesPerRequest)
    {
        target.Counter(
            "container_fs_reads_bytes_total",
            labels,
            step => Math.Floor(150 * Wandering(mix ^ 7, pod.From, step) + readsPerRequest * Requests(pod, pod.From, step))
        );
        target.Counter(
            "container_fs_writes_bytes_total",
            labels,
            step => Math.Floor(400 * Wandering(mix ^ 8, pod.From, step) + writesPerRequest * Requests(pod, pod.From, step))
        );
    }

    private void KubeState(Pod pod, WorkloadSpec spec, IReadOnlyList<Fault> faults)
    {
        var target = catalog.For("kube-state-metrics", KubeStateInstance, pod.From, pod.To);
        var labels = $"namespace={spec.Namespace},pod={pod.Name}";
        target.Gauge("kube_pod_owner", $"{labels},owner_kind=ReplicaSet,owner_name={pod.ReplicaSet},owner_is_controller=true", 1);
        target.Gauge("kube_pod_info", $"{labels},node={pod.Node},created_by_kind=ReplicaSet,created_by_name={pod.ReplicaSet}", 1);
        target.Gauge("kube_pod_status_phase", $"{labels},phase=Running", 1);
        // A new pod takes two scrapes until it is ready; those from the beginning have been so for long.
        Func<long, double> ready = step =>
            (pod.From == 0 || step >= pod.From + 2) && !PodTimeline.IsDown(faults, pod.Slot, grid.TimeOf(step)) ? 1 : 0;
        target.Gauge("kube_pod_status_ready", $"{labels},condition=true", ready);
        target.Gauge("kube_pod_status_ready", $"{labels},condition=false", step => 1 - ready(step));
        target.Counter("kube_pod_container_status_restarts_total", $"{labels},container={spec.Container}", step => pod.RestartsUntil(step));
        target.Counter("kube_pod_container_status_restarts_total", $"{labels},container=daprd", static _ => 0);
        target.Gauge(
            "kube_pod_container_resource_limits",
            $"{labels},container={spec.Container},resource=cpu,unit=core,node={pod.Node}",
            spec.CpuLimit
        );
        target.Gauge(
            "kube_pod_container_resource_limits",
            $"{labels},container={spec.Container},resource=memory,unit=byte,node={pod.Node}",
            spec.MemoryLimit
        );
        target.Gauge(
            "kube_pod_container_resource_requests",
            $"{labels},container={spec.Container},resource=cpu,unit=core,node={pod.Node}",
            spec.CpuLimit / 2
        );
        target.Gauge(
            "kube_pod_container_resource_requests",
            $"{labels},container={spec.Container},resource=memory,unit=byte,node={pod.Node}",
            spec.MemoryBase
        );
    }

    private void Volume(Pod pod, WorkloadSpec spec, IReadOnlyList<Fault> faults)
    {
        var target = catalog.For("kubelet", pod.Node, pod.From, pod.To);
        var labels = $"namespace={spec.Namespace},persistentvolumeclaim={spec.Name}-data,node={pod.Node}";
        // Snapshots grow and are compacted once a day.
        double Used(long unixMs)
        {
            var usual = 0.4 + 0.06 * (unixMs / 86_400_000.0 % 1);
            foreach (var fault in faults)
                if (fault.Kind == FaultKind.DiskFill && fault.IsActive(unixMs))
                    return usual + (0.97 - usual) * fault.Progress(unixMs);
            return usual;
        }

        target.Gauge("kubelet_volume_stats_capacity_bytes", labels, spec.VolumeBytes);
        target.Gauge("kubelet_volume_stats_used_bytes", labels, step => Math.Floor(spec.VolumeBytes * Used(grid.TimeOf(step))));
        target.Gauge("kubelet_volume_stats_available_bytes", labels, step => Math.Floor(spec.VolumeBytes * (1 - Used(grid.TimeOf(step)))));
    }

    private void Http(Pod pod, WorkloadSpec spec, IReadOnlyList<Fault> faults)
    {
        var target = catalog.For(spec.Name, $"{pod.Name}:8080", pod.From, pod.To);
        var labels = $"namespace={spec.Namespace},pod={pod.Name},service={spec.Name},container={spec.Container}";
        Fault[] losses = [.. faults.Where(static f => f.Kind is FaultKind.ScrapeLoss or FaultKind.DroppedScrapes)];
        bool IsLost(long step) => Array.Exists(losses, f => f.IsActive(grid.TimeOf(step)));
        target.Gauge("up", labels, step => IsLost(step) ? 0 : 1);
        if (losses.Length > 0)
            target = target.Without(IsLost);
        Func<long, double> succeeded = step => Math.Floor(Count(pod, Counter.Succeeded, step));
        Func<long, double> failed = step => Math.Floor(Count(pod, Counter.Failed, step));
        // Failures answer fast: the time of a rejected connection, not of the work.
        var failedWithin = Array.ConvertAll(ClusterHistory.Bounds, b => Math.Round(LogNormal.Cdf(Math.Log(b), Math.Log(0.012), 0.8), 6));
        for (var i = 0; i < ClusterHistory.Bounds.Length; i++)
        {
            var b = i;
            var le = ClusterHistory.Bounds[b].ToString(CultureInfo.InvariantCulture);
            target.Counter(
                "http_request_duration_seconds_bucket",
                $"{labels},code=200,le={le}",
                step => Math.Floor(Count(pod, Counter.FirstBucket + b, step))
            );
            target.Counter(
                "http_request_duration_seconds_bucket",
                $"{labels},code=500,le={le}",
                step => Math.Floor(failedWithin[b] * Count(pod, Counter.Failed, step))
            );
        }
        target.Counter("http_request_duration_seconds_bucket", $"{labels},code=200,le=+Inf", succeeded);
        target.Counter("http_request_duration_seconds_bucket", $"{labels},code=500,le=+Inf", failed);
        target.Counter("http_request_duration_seconds_count", $"{labels},code=200", succeeded);
        target.Counter("http_request_duration_seconds_count", $"{labels},code=500", failed);
        target.Counter("http_request_duration_seconds_sum", $"{labels},code=200", step => Count(pod, Counter.LatencySeconds, step));
        target.Counter("http_request_duration_seconds_sum", $"{labels},code=500", step => 0.016 * failed(step));
    }

    private double AppMemory(Pod pod, WorkloadSpec spec, IReadOnlyList<Fault> faults, ulong mix, long step)
    {
        var now = grid.TimeOf(step);
        var usual = Steady(mix, spec.MemoryBase, Age(pod.Origin(step), step), now);
        return Math.Floor(usual + (spec.MemoryLimit - usual) * PodTimeline.Leaked(faults, pod.Slot, now));
    }

    /// <summary>A warm heap: caches that grow with the logarithm of age, a share that follows the day, collections every few minutes.</summary>
    private static double Steady(ulong mix, double bytes, double ageSeconds, long unixMs)
    {
        var period = 170 + 260 * HashNoise.Unit(mix, 1);
        var saw = unixMs / 1000.0 / period + HashNoise.Unit(mix, 2);
        var collected = Math.Floor(saw);
        var height = 0.03 + 0.02 * HashNoise.Unit(mix ^ 31, (long)collected);
        return Math.Floor(
            bytes
                * (
                    0.96
                    + 0.06 * HashNoise.Unit(mix, 3)
                    + 0.03 * Math.Log(1 + ageSeconds / 3600)
                    + 0.05 * TrafficShape.At(unixMs)
                    + height * (saw - collected)
                    + 0.01 * HashNoise.Smooth(mix ^ 32, unixMs / 600_000.0)
                )
        );
    }

    private double Count(Pod pod, Counter counter, long step) => Work(pod, counter, pod.Origin(step), step);

    private double Requests(Pod pod, long origin, long step) => Work(pod, Counter.Succeeded, origin, step) + Work(pod, Counter.Failed, origin, step);

    private double Work(Pod pod, Counter counter, long from, long to) => pod.Shares.Sum(from, to, step => history.At(pod.Workload, counter, step));

    private double Age(long origin, long step) => (step - origin) * grid.StepSeconds;

    /// <summary>Seconds since an origin on a clock that runs unevenly: a counter over it has a rate with memory, and never falls.</summary>
    private double Wandering(ulong mix, long origin, long step) =>
        Age(origin, step) + HashNoise.Warp(mix, grid.TimeOf(step) / 1000.0) - HashNoise.Warp(mix, grid.TimeOf(origin) / 1000.0);
}
