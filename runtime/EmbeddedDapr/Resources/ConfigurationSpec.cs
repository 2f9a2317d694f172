using System.Text.Json.Nodes;

namespace Dapr.Embedded.Resources;

/// <summary>The spec of the Configuration resource; the sections belong to the building blocks that read them (accessControl, secrets, workflow …).</summary>
internal sealed record ConfigurationSpec(string Name, JsonObject Spec)
{
    private static readonly HashSet<string> Used = ["tracing", "secrets", "accessControl", "workflow"];

    public static ConfigurationSpec Empty { get; } = new("", []);

    /// <summary>A section of the spec, null when it is not there.</summary>
    public JsonObject? Section(string name) => Spec[name] as JsonObject;

    /// <summary>Sections that are there and that nothing here reads (httpPipeline, api, nameResolution …).</summary>
    public IReadOnlyList<string> Unused => [.. Spec.Select(section => section.Key).Where(name => !Used.Contains(name))];

    /// <summary>Share of new traces that are sampled, 0 to 1; null when tracing is not configured, and then no trace is begun at all.</summary>
    public double? SamplingRate =>
        Section("tracing")?["samplingRate"]?.ToString() is { } text
            && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var rate) ? rate : null;
}
