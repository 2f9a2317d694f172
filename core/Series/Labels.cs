using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Dapr.Anomaly.Core.Series;

/// <summary>An immutable set of label names and values, sorted by name (ordinal), with value equality.</summary>
public sealed class Labels : IReadOnlyCollection<KeyValuePair<string, string>>, IEquatable<Labels>
{
    public static readonly Labels Empty = new([]);

    private readonly KeyValuePair<string, string>[] _sorted;

    /// <exception cref="ArgumentException">A name is empty or is given twice, or a value is null.</exception>
    public Labels(IEnumerable<KeyValuePair<string, string>> labels)
    {
        _sorted = [.. labels];
        foreach (var (name, value) in _sorted)
            if (string.IsNullOrEmpty(name) || value is null)
                throw new ArgumentException(string.IsNullOrEmpty(name) ? "a label has no name" : $"label \"{name}\" has no value", nameof(labels));
        Array.Sort(_sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 1; i < _sorted.Length; i++)
            if (_sorted[i].Key == _sorted[i - 1].Key)
                throw new ArgumentException($"label \"{_sorted[i].Key}\" is given twice", nameof(labels));
    }

    public int Count => _sorted.Length;

    /// <summary>The value of a label, or the empty string when it is absent (as in Prometheus).</summary>
    public string this[string name] => TryGetValue(name, out var value) ? value : "";

    public bool TryGetValue(string name, [MaybeNullWhen(false)] out string value)
    {
        foreach (var (key, v) in _sorted)
            if (key == name)
            {
                value = v;
                return true;
            }
        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_sorted).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(Labels? other) => other is not null && _sorted.AsSpan().SequenceEqual(other._sorted);

    public override bool Equals(object? obj) => Equals(obj as Labels);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (name, value) in _sorted)
        {
            hash.Add(name);
            hash.Add(value);
        }
        return hash.ToHashCode();
    }

    /// <summary>The Prometheus form, <c>{a="1", b="2"}</c>.</summary>
    public override string ToString() => "{" + string.Join(", ", _sorted.Select(l => $"{l.Key}=\"{l.Value}\"")) + "}";
}
