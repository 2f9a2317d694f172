using System.Text;

namespace Dapr.Anomaly.Console;

/// <summary>Joins the Prometheus text of several services into one: each family once, with its HELP and TYPE before its samples.</summary>
internal static class MetricsFederation
{
    public static string Merge(IEnumerable<string> expositions)
    {
        List<string> order = [];
        Dictionary<string, Family> families = [];
        foreach (var text in expositions)
        {
            Family? current = null;
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.StartsWith("# HELP ", StringComparison.Ordinal) || line.StartsWith("# TYPE ", StringComparison.Ordinal))
                {
                    var name = line.Split(' ', 4)[2];
                    if (!families.TryGetValue(name, out current))
                    {
                        order.Add(name);
                        families[name] = current = new Family();
                    }
                    if (line[2] == 'H')
                        current.Help ??= line;
                    else
                        current.Type ??= line;
                }
                else if (line[0] != '#' && current is not null)
                    current.Samples.Add(line);
            }
        }

        var merged = new StringBuilder();
        foreach (var name in order)
        {
            var family = families[name];
            foreach (var line in (string?[])[family.Help, family.Type])
                if (line is not null)
                    merged.Append(line).Append('\n');
            foreach (var sample in family.Samples)
                merged.Append(sample).Append('\n');
        }
        return merged.ToString();
    }

    private sealed class Family
    {
        public string? Help { get; set; }

        public string? Type { get; set; }

        public List<string> Samples { get; } = [];
    }
}
