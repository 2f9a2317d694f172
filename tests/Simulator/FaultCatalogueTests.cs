using Dapr.Anomaly.Simulator.Cluster;

namespace Dapr.Anomaly.Simulator.Tests;

public sealed class FaultCatalogueTests
{
    private static readonly DateTimeOffset Noon = RunningSimulator.Noon;

    [Fact]
    public void Every_kind_comes_and_no_two_faults_touch()
    {
        var faults = FaultCatalogue.Draw(Boutique.Workloads(12), 5, Noon, Noon.AddDays(4)).ToList();
        Assert.Equal(9, faults.Select(static f => f.Kind).Distinct().Count());
        Assert.All(faults, static f => Assert.True(f.IsAnomalous && f.Start > Noon && f.End < Noon.AddDays(4) && f.Limit <= f.End));
        Assert.All(faults.Zip(faults.Skip(1)), static p => Assert.True(p.Second.Start - p.First.End >= TimeSpan.FromHours(2)));
        Assert.Equal(faults, FaultCatalogue.Draw(Boutique.Workloads(12), 5, Noon, Noon.AddDays(4)));
        Assert.NotEqual(faults, FaultCatalogue.Draw(Boutique.Workloads(12), 6, Noon, Noon.AddDays(4)));
    }

    [Fact]
    public void The_limit_of_a_leak_is_its_first_kill()
    {
        var cluster = new SimulatedCluster(new() { History = TimeSpan.FromHours(6) }, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Noon));
        var leak = cluster.Inject(FaultKind.MemoryLeak, "cart", TimeSpan.FromHours(1), Noon.AddHours(-2));
        var snapshot = cluster.Snapshot;
        var kills = snapshot
            .Series.Where(static s =>
                s.Name == "container_oom_events_total"
                && s.Labels["container"] == "server"
                && s.Labels["pod"].StartsWith("cart-", StringComparison.Ordinal)
            )
            .ToList();
        Assert.Equal(0, KillsAt(leak.Limit.AddMinutes(-1)));
        Assert.Equal(1, KillsAt(leak.Limit.AddMinutes(1)));

        double KillsAt(DateTimeOffset at)
        {
            var step = snapshot.Grid.StepOf(at.ToUnixTimeMilliseconds());
            return kills.Where(s => step >= s.From && step < s.To).Sum(s => s.Value(step));
        }
    }
}
