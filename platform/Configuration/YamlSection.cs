using System.Globalization;
using System.Text.RegularExpressions;
using Dapr.Anomaly.Platform.Prometheus;
using YamlDotNet.RepresentationModel;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Reads one mapping of the file key by key, remembering what nobody asked for, so that a misspelt key is refused and not ignored.</summary>
internal sealed partial class YamlSection
{
    private readonly YamlSource _source;
    private readonly string _path;
    private readonly string _pattern;
    private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> _nodes = [];
    private readonly List<string> _known = [];

    public YamlSection(YamlSource source, YamlMappingNode? mapping)
        : this(source, "", "", mapping) { }

    /// <param name="pattern">The path with a star for each name that the user chose.</param>
    private YamlSection(YamlSource source, string path, string pattern, YamlMappingNode? mapping)
    {
        (_source, _path, _pattern) = (source, path, pattern);
        Line = (int?)mapping?.Start.Line ?? 1;
        if (mapping is not null)
            foreach (var (key, value) in mapping.Children)
                _nodes[(key as YamlScalarNode)?.Value ?? key.ToString()] = (key, value);
    }

    public int Line { get; }

    public IEnumerable<string> Keys => _nodes.Keys;

    public bool Has(string key) => _nodes.ContainsKey(key);

    public ConfigurationPlace PlaceOf(string key) => new(_source.File, LineOf(key), KeyPath(key));

    public void Fail(string key, string message) => _source.Fail(LineOf(key), KeyPath(key), message);

    public string? Text(string key)
    {
        _source.Know(Join(_pattern, key));
        return TextAt(key);
    }

    /// <summary>The value under a name that the user chose.</summary>
    public string? NamedText(string name)
    {
        _source.Know(Join(_pattern, "*"));
        return TextAt(name);
    }

    public IReadOnlyList<string> Texts(string key)
    {
        _source.Know(Join(_pattern, key));
        switch (Node(key))
        {
            case null:
                return [];
            case YamlSequenceNode list when list.Children.All(static c => c is YamlScalarNode):
                return [.. list.Children.Select(c => Expand(key, ((YamlScalarNode)c).Value ?? ""))];
            case YamlScalarNode scalar:
                return [Expand(key, scalar.Value ?? "")];
            default:
                Fail(key, "write a list of names: [a, b]");
                return [];
        }
    }

    public YamlSection Section(string key) => SectionAt(key, key);

    /// <summary>The section under a name that the user chose.</summary>
    public YamlSection NamedSection(string name) => SectionAt(name, "*");

    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (!PromDuration.TryParse(text, out var value))
            Fail(key, $"\"{text}\" is not a duration; write 15s, 5m, 24h, 14d or 1h30m");
        else if (value < min || value > max)
            Fail(key, $"{text} is out of range; write {PromDuration.Format(min)} to {PromDuration.Format(max)}");
        else
            return value;
        return fallback;
    }

    public double Number(string key, double fallback, double min, double max)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            Fail(key, $"\"{text}\" is not a number");
        else if (value < min || value > max)
            Fail(key, string.Create(CultureInfo.InvariantCulture, $"{text} is out of range; write {min} to {max}"));
        else
            return value;
        return fallback;
    }

    public T Choice<T>(string key, T fallback, IReadOnlyList<(string Name, T Value)> choices)
    {
        if (Text(key) is not { } text)
            return fallback;
        foreach (var (name, value) in choices)
            if (name == text)
                return value;
        Fail(key, $"\"{text}\" is not known; write {ListOf(choices.Select(static c => c.Name))}");
        return fallback;
    }

    /// <summary>Call last: reports the keys that nobody asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (var key in _nodes.Keys.Where(k => !_known.Contains(k)))
        {
            var nearest = NearestName.Of(key, _known);
            Fail(key, $"unknown key; {(nearest is null ? $"known here: {string.Join(", ", _known)}" : $"did you mean {nearest}?")}");
        }
    }

    public static string ListOf(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} or {all[^1]}";
    }

    private string? TextAt(string key)
    {
        if (Node(key) is not { } node)
            return null;
        if (node is YamlScalarNode scalar)
            return Expand(key, scalar.Value ?? "");
        Fail(key, $"expected one value, found {Shape(node)}");
        return null;
    }

    private YamlSection SectionAt(string key, string pattern)
    {
        var node = Node(key);
        if (node is not (null or YamlMappingNode) && !IsNull(node))
            Fail(key, $"expected a mapping, found {Shape(node)}");
        return new YamlSection(_source, KeyPath(key), Join(_pattern, pattern), node as YamlMappingNode);
    }

    private YamlNode? Node(string key)
    {
        _known.Add(key);
        return _nodes.TryGetValue(key, out var node) && !IsNull(node.Value) ? node.Value : null;
    }

    private string Expand(string key, string text) =>
        Placeholder()
            .Replace(
                text,
                match =>
                {
                    var name = match.Groups[1].Value;
                    if (_source.Environment(name) is { } value)
                        return value;
                    Fail(key, $"environment variable {name} is not set");
                    return "";
                }
            );

    private string KeyPath(string key) => Join(_path, key);

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private int LineOf(string key) => _nodes.TryGetValue(key, out var node) ? (int)node.Key.Start.Line : Line;

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private static string Shape(YamlNode node) =>
        node switch
        {
            YamlSequenceNode => "a list",
            YamlMappingNode => "a mapping",
            _ => $"\"{(node as YamlScalarNode)?.Value}\"",
        };

    [GeneratedRegex(@"%\{([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();
}
