using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Components;

/// <summary>A Component resource with its secrets resolved.</summary>
internal sealed record ComponentSpec(string Name, string Type, string Version, ComponentMetadata Metadata)
{
    /// <summary>A failing start of the component is logged, and the runtime goes on without it.</summary>
    public bool IgnoreErrors { get; init; }

    public TimeSpan InitTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public string File { get; init; } = "";
}

/// <summary>The metadata of a component: names without regard to case, values as text, and readers that say what is wrong.</summary>
internal sealed class ComponentMetadata(IEnumerable<KeyValuePair<string, string>> values)
{
    private readonly Dictionary<string, string> values = Collect(values);

    public IReadOnlyDictionary<string, string> All => values;

    /// <summary>The value, or null when it is absent or empty.</summary>
    public string? Text(string name) => values.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    public string Required(string name) => Text(name) ?? throw new ResourceException($"metadata {name} is missing; give it a value");

    public int Whole(string name, int otherwise) =>
        Text(name) is not { } text ? otherwise
        : int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
        : throw Wrong(name, text, "a whole number");

    public bool Flag(string name, bool otherwise) => Text(name) is not { } text ? otherwise : IsTrue(text);

    public TimeSpan Duration(string name, TimeSpan otherwise) =>
        Text(name) is not { } text ? otherwise
        : GoDuration.TryParse(text, out var duration) ? duration
        : throw Wrong(name, text, "a duration such as 20s or 1h30m");

    /// <summary>The words that daprd takes for true: y, yes, true, t, on, 1.</summary>
    public static bool IsTrue(string? text) => text?.Trim().ToLowerInvariant() is "y" or "yes" or "true" or "t" or "on" or "1";

    private static Dictionary<string, string> Collect(IEnumerable<KeyValuePair<string, string>> values)
    {
        var collected = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in values)
            collected[name] = value;
        return collected;
    }

    private ResourceException Wrong(string name, string text, string right) => new($"metadata {name} is \"{text}\", expected {right}");
}
