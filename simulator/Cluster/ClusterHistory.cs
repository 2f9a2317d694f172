namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>What is counted for each workload, all replicas together, since the epoch.</summary>
internal enum Counter
{
    Succeeded = 0,
    Failed = 1,
    CpuSeconds = 2,
    ThrottledPeriods = 3,

    /// <summary>Seconds that successful requests took.</summary>
    LatencySeconds = 4,

    /// <summary>Successful requests within the first bound; the other bounds follow.</summary>
    FirstBucket = 5,
}

/// <summary>
/// Counters of all workloads at each step: sums inside an hour are made when the hour is first looked at, sums before it are kept for each hour. 14
/// days of 12 workloads take about 60 MB, and only once somebody asks for them.
/// </summary>
internal sealed class ClusterHistory
{
    /// <summary>Upper bounds of the latency buckets, in seconds; +Inf follows.</summary>
    public static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private const double PeriodsPerSecond = 10;
    private static readonly int Fields = (int)Counter.FirstBucket + Bounds.Length;
    private static readonly double[] LogBounds = [.. Bounds.Select(static b => Math.Log(b))];

    private readonly IReadOnlyList<WorkloadSpec> _specs;
    private readonly WorkloadModel _model;
    private readonly Grid _grid;
    private readonly object _building = new();
    private Hour[] _hours;

    public ClusterHistory(IReadOnlyList<WorkloadSpec> specs, WorkloadModel model, Grid grid)
        : this(specs, model, grid, []) { }

    private ClusterHistory(IReadOnlyList<WorkloadSpec> specs, WorkloadModel model, Grid grid, Hour[] hours) =>
        (_specs, _model, _grid, _hours) = (specs, model, grid, hours);

    /// <summary>The same past under a model that differs only from an instant on.</summary>
    public ClusterHistory ChangedFrom(long unixMs, WorkloadModel model)
    {
        var keep = (int)Math.Clamp(_grid.StepOf(unixMs) / _grid.StepsPerHour, 0, _hours.Length);
        return new(_specs, model, _grid, _hours[..keep]);
    }

    /// <summary>The count at a step; 0 before the epoch.</summary>
    public double At(int workload, Counter counter, long step)
    {
        if (step < 0)
            return 0;
        var hour = HourAt((int)(step / _grid.StepsPerHour));
        var field = workload * Fields + (int)counter;
        return hour.Before[field] + hour.Sums[field * _grid.StepsPerHour + (int)(step % _grid.StepsPerHour)];
    }

    private Hour HourAt(int index)
    {
        var hours = Volatile.Read(ref _hours);
        return index < hours.Length ? hours[index] : Build(index);
    }

    private Hour Build(int last)
    {
        lock (_building)
        {
            var have = _hours.Length;
            if (last < have)
                return _hours[last];
            var built = new Hour[last + 1];
            _hours.CopyTo(built, 0);
            Parallel.For(have, last + 1, index => built[index] = new Hour(new double[_specs.Count * Fields], Sum(index)));
            for (var index = Math.Max(1, have); index <= last; index++)
            for (var field = 0; field < _specs.Count * Fields; field++)
                built[index].Before[field] = built[index - 1].Before[field] + built[index - 1].Sums[(field + 1) * _grid.StepsPerHour - 1];
            Volatile.Write(ref _hours, built);
            return built[last];
        }
    }

    private float[] Sum(int hour)
    {
        var n = _grid.StepsPerHour;
        var sums = new float[_specs.Count * Fields * n];
        var running = new double[_specs.Count * Fields];
        var states = new WorkloadState[_specs.Count];
        for (var i = 0; i < n; i++)
        {
            _model.Evaluate(_grid.TimeOf((long)hour * n + i), states);
            for (var w = 0; w < _specs.Count; w++)
            {
                Advance(w, _grid.TimeOf((long)hour * n + i), states[w], running.AsSpan(w * Fields, Fields));
                for (var field = w * Fields; field < (w + 1) * Fields; field++)
                    sums[field * n + i] = (float)running[field];
            }
        }
        return sums;
    }

    private void Advance(int w, long unixMs, in WorkloadState state, Span<double> sums)
    {
        var spec = _specs[w];
        var seconds = _grid.StepSeconds;
        // Failures are rare and come as whole ones: most steps have none.
        var requests = state.Requests * seconds;
        var failed = Math.Min(requests, Poisson.Draw(requests * state.ErrorRatio, _model.SeedOf(w) ^ 17, unixMs));
        var succeeded = requests - failed;
        sums[(int)Counter.Succeeded] += succeeded;
        sums[(int)Counter.Failed] += failed;
        sums[(int)Counter.CpuSeconds] += state.Cpu * seconds;
        sums[(int)Counter.ThrottledPeriods] += state.Throttled * PeriodsPerSecond * spec.Replicas * seconds;
        if (!spec.ServesHttp)
            return;
        sums[(int)Counter.LatencySeconds] += succeeded * state.LatencyMedian * Math.Exp(spec.LatencySigma * spec.LatencySigma / 2);
        var logMedian = Math.Log(state.LatencyMedian);
        for (var b = 0; b < Bounds.Length; b++)
            sums[(int)Counter.FirstBucket + b] += succeeded * LogNormal.Cdf(LogBounds[b], logMedian, spec.LatencySigma);
    }

    private sealed record Hour(double[] Before, float[] Sums);
}
