namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>The file being read: its name, the variables it may use, and the errors found so far.</summary>
internal sealed class YamlSource(string file, Func<string, string?> environment)
{
    private readonly List<ConfigurationError> _errors = [];

    public string File { get; } = file;

    public Func<string, string?> Environment { get; } = environment;

    public IReadOnlyList<ConfigurationError> Errors => [.. _errors.OrderBy(static e => e.Line)];

    public bool HasErrors => _errors.Count > 0;

    public void Fail(long line, string key, string message) => _errors.Add(new(File, (int)line, key, message));
}
