namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>The file being read: its name, the variables it may use, the errors found so far, and the keys that were asked for.</summary>
internal sealed class YamlSource(string file, Func<string, string?> environment)
{
    private readonly List<ConfigurationError> _errors = [];
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    public string File { get; } = file;

    public Func<string, string?> Environment { get; } = environment;

    public IReadOnlyList<ConfigurationError> Errors => [.. _errors.OrderBy(static e => e.Place.Line)];

    public bool HasErrors => _errors.Count > 0;

    /// <summary>Every key with a value that the reader knows, names chosen by the user written as <c>*</c>.</summary>
    public IReadOnlyCollection<string> Known => _known;

    public void Fail(long line, string key, string message) => _errors.Add(new(new(File, (int)line, key), message));

    public void Know(string pattern) => _known.Add(pattern);
}
