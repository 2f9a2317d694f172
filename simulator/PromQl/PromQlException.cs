namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>A query that cannot be parsed (<c>bad_data</c>) or evaluated (<c>execution</c>); the message has Prometheus's form.</summary>
internal sealed class PromQlException(string errorType, string message) : Exception(message)
{
    public string ErrorType { get; } = errorType;

    public static PromQlException Parse(string text, int position, string what)
    {
        var before = text.AsSpan(0, Math.Min(position, text.Length));
        var line = before.Count('\n') + 1;
        var column = position - (before.LastIndexOf('\n') + 1) + 1;
        return new("bad_data", $"invalid parameter \"query\": {line}:{column}: parse error: {what}");
    }

    public static PromQlException Execution(string what) => new("execution", what);
}
