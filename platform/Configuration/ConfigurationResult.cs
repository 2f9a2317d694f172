using System.Diagnostics.CodeAnalysis;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>A configuration, or everything that is wrong with it.</summary>
/// <param name="Value">Null exactly when there are errors.</param>
/// <param name="Errors">In the order of the file.</param>
public sealed record ConfigurationResult(AnomalyConfiguration? Value, IReadOnlyList<ConfigurationError> Errors)
{
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsValid => Value is not null;
}

/// <summary>One thing that is wrong, for people: <c>anomaly.yaml:12: alerts.budget.default: "2/fortnight" is not a rate; write N/hour, N/day or N/week</c>.</summary>
/// <param name="File">As it was given.</param>
/// <param name="Line">From 1; 0 when no line is meant.</param>
/// <param name="Key">Dotted; empty when the whole file is meant.</param>
/// <param name="Message">What was seen and what would be right.</param>
public sealed record ConfigurationError(string File, int Line, string Key, string Message)
{
    public override string ToString() => $"{Place(File, Line, Key)}: {Message}";

    internal static string Place(string file, int line, string key) => $"{file}{(line > 0 ? $":{line}" : "")}{(key.Length > 0 ? $": {key}" : "")}";
}
