namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>State of one workload over one step.</summary>
internal struct WorkloadState
{
    /// <summary>Requests a second.</summary>
    public double Requests;

    /// <summary>Share of requests that fail.</summary>
    public double ErrorRatio;

    /// <summary>Cores in use, all replicas.</summary>
    public double Cpu;

    /// <summary>Share of CFS periods that were throttled.</summary>
    public double Throttled;

    /// <summary>Seconds of the median request, callees included.</summary>
    public double LatencyMedian;
}

/// <summary>
/// The couplings: callers' traffic drives CPU, CPU drives throttling and latency, callees' latency and failures reach their callers. A pure function
/// of (seed, instant, faults).
/// </summary>
internal sealed class WorkloadModel
{
    private readonly IReadOnlyList<WorkloadSpec> _specs;
    private readonly ulong[] _seeds;
    private readonly (int Target, Call Call)[][] _calls;
    private readonly Fault[][] _faults;
    private readonly double _stepSeconds;

    /// <param name="specs">Called before caller.</param>
    /// <param name="seed">Of all randomness.</param>
    /// <param name="faults">All events.</param>
    /// <param name="stepSeconds">Length of a step.</param>
    public WorkloadModel(IReadOnlyList<WorkloadSpec> specs, ulong seed, IReadOnlyList<Fault> faults, double stepSeconds)
    {
        (_specs, _stepSeconds) = (specs, stepSeconds);
        var index = specs.Select(static (s, i) => (s.FullName, i)).ToDictionary(static p => p.FullName, static p => p.i);
        _seeds = [.. specs.Select(s => HashNoise.Seed(seed, s.FullName))];
        _calls = [.. specs.Select(s => s.Calls.Select(c => (index[$"{s.Namespace}/{c.Target}"], c)).ToArray())];
        _faults = [.. specs.Select(s => faults.Where(f => f.Concerns(s)).ToArray())];
    }

    public ulong SeedOf(int workload) => _seeds[workload];

    /// <summary>States of all workloads over the step that ends at an instant.</summary>
    public void Evaluate(long unixMs, Span<WorkloadState> states)
    {
        states.Clear();
        // Traffic flows from callers, which come last, to the called.
        for (var w = _specs.Count - 1; w >= 0; w--)
        {
            Traffic(w, unixMs, ref states[w]);
            foreach (var (target, call) in _calls[w])
                states[target].Requests += states[w].Requests * call.PerRequest;
        }
        for (var w = 0; w < _specs.Count; w++)
            Work(w, unixMs, states);
    }

    private void Traffic(int w, long unixMs, ref WorkloadState state)
    {
        var (spec, seed, t) = (_specs[w], _seeds[w], unixMs / 1000.0);
        if (spec.OwnPeak > 0)
        {
            // Shoppers of one shop wander together: the load generator and the front end share the seed of their namespace.
            var shop = HashNoise.Seed(_seeds[0], spec.Namespace);
            state.Requests +=
                spec.OwnPeak
                * TrafficShape.At(TimeOfDay(w, unixMs))
                * Math.Exp(
                    0.05 * HashNoise.Smooth(shop, t / 240) + 0.06 * HashNoise.Smooth(shop ^ 1, t / 1500) + 0.06 * HashNoise.Smooth(shop ^ 2, t / 9000)
                );
        }
        var factor = 1 + 0.03 * HashNoise.Smooth(seed, t / 180);
        if (spec.Cron is { } cron && cron.IsRunning(seed, unixMs))
            factor *= cron.TrafficFactor;
        foreach (var fault in _faults[w])
            if (fault.IsActive(unixMs))
                factor *= fault.Kind switch
                {
                    FaultKind.TrafficSurge => 1 + 2.5 * fault.Size,
                    FaultKind.LevelShift => 1 + fault.Growth * Math.Min(1, (unixMs - fault.Start.ToUnixTimeMilliseconds()) / 1_800_000.0),
                    FaultKind.Holiday => 1 - 0.5 * fault.Ramp(unixMs),
                    _ => 1,
                };
        var mean = Math.Max(0, state.Requests * factor);
        // Arrivals are over-dispersed (negative binomial, dispersion 1.5), here by their normal limit.
        var count = mean * _stepSeconds;
        state.Requests = Math.Max(0, mean + Math.Sqrt(1.5 * count) * HashNoise.Normal(seed ^ 7, unixMs) / _stepSeconds);
    }

    /// <summary>By the clock of the shoppers.</summary>
    private long TimeOfDay(int w, long unixMs)
    {
        foreach (var fault in _faults[w])
            if (fault.Kind == FaultKind.DaylightShift && fault.IsActive(unixMs))
                unixMs += 3_600_000;
        return unixMs;
    }

    private void Work(int w, long unixMs, Span<WorkloadState> states)
    {
        var (spec, seed, t) = (_specs[w], _seeds[w], unixMs / 1000.0);
        ref var state = ref states[w];
        var demand =
            (spec.CpuBase + spec.CpuPerRequest * state.Requests)
            * (1 + 0.05 * HashNoise.Smooth(seed ^ 11, t / 90) + 0.02 * HashNoise.Normal(seed ^ 12, unixMs));
        var latency = 1 + 0.06 * HashNoise.Smooth(seed ^ 13, t / 400) + 0.02 * HashNoise.Normal(seed ^ 14, unixMs);
        var errors = spec.ErrorRatio * (1 + 0.5 * HashNoise.Smooth(seed ^ 15, t / 300));
        if (spec.Cron is { } cron && cron.IsRunning(seed, unixMs))
            demand *= cron.CpuFactor;
        foreach (var fault in _faults[w])
            if (fault.IsActive(unixMs))
                Disturb(spec, fault, unixMs, ref demand, ref latency, ref errors);
        var capacity = spec.CpuCapacity * Scale(w, unixMs);
        var load = demand / capacity;
        state.Cpu = Math.Min(demand, capacity * (0.97 + 0.015 * HashNoise.Normal(seed ^ 16, unixMs)));
        state.Throttled = 0.95 / (1 + Math.Exp((0.95 - load) / 0.08));
        var busy = Math.Min(load, 0.93);
        latency *= 1 + 0.8 * busy * busy / (1 - busy) + 1.5 * state.Throttled;
        if (load > 1.2)
            errors += 0.02;
        state.LatencyMedian = spec.LatencyMedian * Math.Max(0.2, latency);
        foreach (var (target, call) in _calls[w])
        {
            // Calls of one request run partly in parallel.
            state.LatencyMedian += 0.6 * call.PerRequest * states[target].LatencyMedian;
            errors += call.Critical * Math.Min(1, call.PerRequest) * states[target].ErrorRatio;
        }
        state.ErrorRatio = Math.Clamp(errors, 0, 0.95);
    }

    /// <summary>Replicas by those that are usual.</summary>
    private double Scale(int w, long unixMs)
    {
        foreach (var fault in _faults[w])
            if (fault.Kind == FaultKind.ScaleUp && fault.IsActive(unixMs))
                return PodTimeline.ScaledUp(_specs[w]) / (double)_specs[w].Replicas;
        return 1;
    }

    private static void Disturb(WorkloadSpec spec, Fault fault, long unixMs, ref double demand, ref double latency, ref double errors)
    {
        switch (fault.Kind)
        {
            case FaultKind.Cpu:
                demand += spec.CpuCapacity * 1.1 * fault.Size;
                break;
            case FaultKind.Errors:
                errors += 0.25 * fault.Size;
                break;
            case FaultKind.Latency:
                latency *= 1 + 2 * fault.Size;
                break;
            case FaultKind.GradualLatency:
                latency *= 1 + 2 * fault.Size * fault.Progress(unixMs);
                break;
            case FaultKind.CrashLoop:
                errors += 0.3 / spec.Replicas;
                break;
            case FaultKind.BadDeploy:
                demand *= 1 + 0.6 * fault.Size;
                latency *= 1 + 0.8 * fault.Size;
                errors += 0.04 * fault.Size;
                break;
        }
    }
}
