using System.Text;
using Dapr.Anomaly.Platform.Prometheus.Presets;
using Tests.Support;

namespace Dapr.Anomaly.Platform.Tests.Prometheus.Presets;

public sealed class PresetRulesTests
{
    private static IEnumerable<PresetQuery> All()
    {
        foreach (var source in Enum.GetValues<WorkloadSource>())
        {
            foreach (var query in ContainerPreset.Queries(source, "1m"))
                yield return query;
            foreach (var histogram in RequestHistogram.WellKnown)
            foreach (
                var labels in (string[][])
                    [
                        ["code", "namespace", "pod"],
                        ["status", "exported_namespace", "ingress"],
                        ["response_code", "destination_workload", "destination_workload_namespace"],
                        ["job"],
                    ]
            )
            foreach (var query in histogram.Queries(labels.ToHashSet(), source, "2m"))
                yield return query;
        }
        foreach (var query in NodePreset.Queries("instance", "1m").Concat(KubeStatePreset.Queries()))
            yield return query;
    }

    [Fact]
    public async Task Promtool_accepts_every_query_of_every_preset()
    {
        RealServer.Require("promtool");
        var rules = new StringBuilder("groups:\n- name: presets\n  rules:\n");
        var n = 0;
        foreach (var query in All())
            rules.Append($"  - record: {query.Signal.Name}:{n++}\n    expr: |\n      {query.Signal.Query.Expr.ReplaceLineEndings("\n      ")}\n");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, rules.ToString());
        var output = await RealServer.RunAsync("promtool", "check", "rules", file);
        File.Delete(file);
        Assert.Contains($"{n} rules found", output, StringComparison.Ordinal);
        Assert.True(n > 100);
    }

    [Fact]
    public void Aliases_of_the_presets_that_can_apply_together_are_unique()
    {
        var aliases = NodePreset
            .Queries("node", "1m")
            .Concat(ContainerPreset.Queries(WorkloadSource.Owners, "1m"))
            .Concat(KubeStatePreset.Queries())
            .Concat(RequestHistogram.WellKnown.SelectMany(h => h.Queries(new HashSet<string> { "code" }, WorkloadSource.Owners, "1m")))
            .Select(q => q.Signal.Name)
            .ToList();
        Assert.Equal(aliases.Count, aliases.Distinct().Count());
    }
}
