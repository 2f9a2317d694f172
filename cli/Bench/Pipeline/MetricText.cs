using System.Globalization;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>The samples of one or more Prometheus expositions, and what they grew by between two scrapes.</summary>
internal sealed class MetricText
{
    private readonly Dictionary<string, double> _samples = [];

    private MetricText() { }

    /// <summary>Samples of one name and labels in several texts are added up, without the <c>app</c> label that tells services apart.</summary>
    public static MetricText Parse(IEnumerable<string> expositions)
    {
        var metrics = new MetricText();
        foreach (var line in expositions.SelectMany(text => text.Split('\n')))
        {
            var space = line.LastIndexOf(' ');
            if (line.Length == 0 || line[0] == '#' || space < 0)
                continue;
            if (double.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out var value))
            {
                var key = WithoutApp(line[..space]);
                metrics._samples[key] = metrics._samples.GetValueOrDefault(key) + value;
            }
        }
        return metrics;
    }

    /// <summary>This scrape less an earlier one.</summary>
    public MetricText Since(MetricText earlier)
    {
        var growth = new MetricText();
        foreach (var (key, value) in _samples)
            growth._samples[key] = value - earlier._samples.GetValueOrDefault(key);
        return growth;
    }

    /// <summary>Sum over all label sets.</summary>
    public double Sum(string name) => _samples.Where(s => s.Key == name || s.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(s => s.Value);

    /// <summary>Values by one label of a metric.</summary>
    public IReadOnlyDictionary<string, double> By(string name, string label)
    {
        Dictionary<string, double> values = [];
        foreach (var (key, value) in _samples)
            if (key.StartsWith(name + "{", StringComparison.Ordinal) && Label(key, label) is { } of)
                values[of] = values.GetValueOrDefault(of) + value;
        return values;
    }

    /// <summary>Upper bounds and counts (not cumulative) of a histogram, in ascending order.</summary>
    public IReadOnlyList<(double UpperBound, double Count)> Buckets(string name)
    {
        var cumulative = By(name + "_bucket", "le")
            .Select(b => (Bound: b.Key == "+Inf" ? double.PositiveInfinity : double.Parse(b.Key, CultureInfo.InvariantCulture), b.Value))
            .OrderBy(b => b.Bound)
            .ToList();
        return [.. cumulative.Select((b, i) => (b.Bound, b.Value - (i == 0 ? 0 : cumulative[i - 1].Value)))];
    }

    private static string? Label(string key, string label)
    {
        var at = key.IndexOf($"{label}=\"", StringComparison.Ordinal);
        if (at < 0)
            return null;
        var from = at + label.Length + 2;
        return key[from..key.IndexOf('"', from)];
    }

    private static string WithoutApp(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return key;
        var labels = key[(open + 1)..^1].Split(',').Where(l => !l.StartsWith("app=", StringComparison.Ordinal)).ToList();
        return labels.Count == 0 ? key[..open] : $"{key[..open]}{{{string.Join(',', labels)}}}";
    }
}
