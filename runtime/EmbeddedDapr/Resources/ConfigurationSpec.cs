using System.Text.Json.Nodes;

namespace Dapr.Embedded.Resources;

/// <summary>
/// The spec of the Configuration resource; the sections belong to the building blocks that read them (accessControl, secrets, workflow …).
/// </summary>
internal sealed record ConfigurationSpec(string Name, JsonObject Spec)
{
    private static readonly HashSet<string> Used = ["tracing", "secrets", "accessControl", "workflow", "api", "components", "httpPipeline"];

    public static ConfigurationSpec Empty { get; } = new("", []);

    /// <summary>A section of the spec, null when it is not there.</summary>
    public JsonObject? Section(string name) => Spec[name] as JsonObject;

    /// <summary>Sections that are there and that nothing here reads (appHttpPipeline, nameResolution …).</summary>
    public IReadOnlyList<string> Unused => [.. Spec.Select(section => section.Key).Where(name => !Used.Contains(name))];

    /// <summary>Whether <c>spec.components.deny</c> names a component's type, or its type and version as in <c>bindings.smtp/v1</c>.</summary>
    public bool Denies(string type, string version) =>
        (Section("components")?["deny"] as JsonArray ?? [])
            .Select(entry => entry?.ToString().Split('/') ?? [])
            .Any(parts => parts.Length is 1 or 2 && parts[0] == type && (parts.Length == 1 || parts[1].Length == 0 || parts[1] == version));

    /// <summary>Share of new traces that are sampled, 0 to 1; null when tracing is not configured, and then no trace is begun at all.</summary>
    public double? SamplingRate =>
        Section("tracing")?["samplingRate"]?.ToString() is { } text
        && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var rate)
            ? rate
            : null;
}
