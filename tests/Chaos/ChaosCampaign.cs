using System.Globalization;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>One fault after another, and what has become of samples, incidents and workflows.</summary>
internal sealed class ChaosCampaign(SystemUnderChaos system, ChaosSource source, ChaosReceiver receiver, Faults faults, Random random)
{
    private readonly List<(string Fault, TimeSpan Recovery)> _recoveries = [];
    private readonly List<string> _workflows = [];
    private readonly Queue<string> _calm = new(source.Workloads);
    private readonly List<string> _misbehaved = [];
    private long _compared;
    private int _lost;
    private readonly long _begun = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public List<string> Problems { get; } = [];

    public async Task RunAsync(int round, bool withIncident, bool withTraining)
    {
        var (name, run) = faults.All[random.Next(faults.All.Count)];
        var lasts = TimeSpan.FromSeconds(1 + (4 * random.NextDouble()));
        if (withTraining)
            await StartTrainingAsync(round);
        var workload = withIncident && _calm.TryDequeue(out var calm) ? calm : null;
        if (workload is not null)
        {
            // Longer than the fault, so that enough of it is seen whatever the fault hides.
            var soon = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + (2 * ChaosSource.StepSeconds);
            source.Misbehave(workload, soon, soon + 40);
            _misbehaved.Add(workload);
        }
        await run(random, lasts);
        var over = TimeProvider.System.GetUtcNow();
        try
        {
            var recovery = await ChaosTests.ScoredSinceAsync(system, over, ChaosTests.Patience);
            _recoveries.Add((name, recovery));
            Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: {name}, {lasts.TotalSeconds:0.0} s: back after {recovery.TotalSeconds:0.0} s"
                )
            );
            if (workload is not null)
                await IncidentAsync(workload, name);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            Problems.Add($"round {round}, {name}: {e.Message}");
            Say(Problems[^1]);
            if (system.HasEnded)
                system.Start();
            await ChaosTests.ScoredSinceAsync(system, TimeProvider.System.GetUtcNow(), 3 * ChaosTests.Patience);
        }
    }

    /// <summary>Stops the system, compares each sample of its windows with the source, and starts it again.</summary>
    public async Task CompareSamplesAsync(int steps, bool isLast)
    {
        if (isLast)
            await SettleAsync();
        await system.StopAsync();
        var windows = await new StoredState(system.Data).WindowsAsync(steps);
        var end = windows.Count == 0 ? 0 : windows.Max(w => w.Samples.Keys.DefaultIfEmpty(0).Max()) - (2 * ChaosSource.StepSeconds);
        var from = Math.Max(_begun, end - ((steps - 5) * ChaosSource.StepSeconds));
        foreach (var query in ChaosSource.Queries)
        foreach (var workload in source.Workloads)
        {
            var samples = windows.FirstOrDefault(w => w.Series.Name == query && w.Series.Workload == $"chaos/{workload}").Samples;
            for (var t = from + (from % ChaosSource.StepSeconds); t <= end; t += ChaosSource.StepSeconds)
            {
                _compared++;
                var expected = source.Value(query, workload, t);
                if (samples is null || !samples.TryGetValue(t, out var value) || Math.Abs(value - expected) > 1e-3 * expected)
                    Lose($"{query} of {workload} at {DateTimeOffset.FromUnixTimeSeconds(t):HH:mm:ss}");
            }
        }
        if (isLast)
            return;
        system.Start();
        await ChaosTests.ScoredSinceAsync(system, TimeProvider.System.GetUtcNow(), ChaosTests.Patience);
    }

    public IEnumerable<string> Report()
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"chaos: faults {_recoveries.Count}, recovery p50 {Quantile(0.5):0.0} s p95 {Quantile(0.95):0.0} s longest {Quantile(1):0.0} s, "
                + $"samples compared {_compared} lost {_lost}, incidents {_misbehaved.Count}, messages {receiver.Accepted.Count} "
                + $"of which repeated {Repeated}, workflows {_workflows.Count}, problems {Problems.Count}"
        );
        foreach (var group in _recoveries.GroupBy(r => r.Fault).OrderBy(g => g.Key, StringComparer.Ordinal))
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"chaos/{group.Key}: {group.Count()} times, back after {group.Max(r => r.Recovery.TotalSeconds):0.0} s at most"
            );
    }

    /// <summary>A crash may repeat the one message that was on its way.</summary>
    private int Repeated => receiver.Accepted.Count - receiver.Accepted.Distinct().Count();

    private double Quantile(double q) =>
        _recoveries.Count == 0 ? 0 : _recoveries.Select(r => r.Recovery.TotalSeconds).Order().ElementAt((int)Math.Ceiling(q * _recoveries.Count) - 1);

    private async Task StartTrainingAsync(int round)
    {
        var id = $"chaos-{round}";
        if (await system.PostAsync($"v1.0/workflows/dapr/TrainModel/start?instanceID={id}", """{"window":"30m"}"""))
            _workflows.Add(id);
    }

    private async Task IncidentAsync(string workload, string fault)
    {
        for (var tries = 0; tries < 300; tries++)
        {
            if (
                await system.GetAsync<IncidentListV1>(Apps.Alerts, "v1/incidents?limit=1000") is { } list
                && list.Incidents.Any(i => i.Workload == $"chaos/{workload}")
            )
                return;
            await Task.Delay(100);
        }
        Problems.Add($"{workload} misbehaved during \"{fault}\" and has no incident");
    }

    /// <summary>Every incident told to every route, none twice, and every workflow at its end.</summary>
    private async Task SettleAsync()
    {
        IncidentListV1? list = null;
        for (var tries = 0; tries < 600; tries++)
        {
            list = await system.GetAsync<IncidentListV1>(Apps.Alerts, "v1/incidents?limit=1000");
            if (list is { Pending.Count: 0 })
                break;
            await Task.Delay(100);
        }
        if (list is not { Pending.Count: 0 })
            Problems.Add(
                $"not told at the end: {string.Join(", ", list?.Pending.Select(p => $"{p.Incident} to {p.Route}: {p.Refused}") ?? ["no answer"])}"
            );
        foreach (var incident in list?.Incidents ?? [])
        foreach (var route in (string[])["slack", "pagerduty"])
            if (!receiver.Accepted.Any(m => m.Route == route && m.Key == incident.Id && m.Opens))
                Problems.Add($"incident {incident.Id} was lost on its way to {route}");
        foreach (var twice in (list?.Incidents ?? []).GroupBy(i => i.Workload).Where(g => g.Count(i => i.Phase != IncidentPhase.Resolved) > 1))
            Problems.Add($"{twice.Key} has {twice.Count()} incidents at once");
        foreach (var workflow in _workflows)
            await EndedAsync(workflow);
    }

    private async Task EndedAsync(string workflow)
    {
        string? status = null;
        for (var tries = 0; tries < 3000; tries++)
        {
            status = await system.WorkflowStatusAsync(workflow);
            if (status is "COMPLETED" or "FAILED" or "TERMINATED")
                return;
            await Task.Delay(100);
        }
        Problems.Add($"workflow {workflow} is {status ?? "unknown"} at the end");
    }

    private void Lose(string sample)
    {
        if (_lost++ < 20)
            Problems.Add($"lost: {sample}");
    }

    private static void Say(string line)
    {
        if (Environment.GetEnvironmentVariable("SEED") is not null)
            System.Console.Error.WriteLine(line);
    }
}
