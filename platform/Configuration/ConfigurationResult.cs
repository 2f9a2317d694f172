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

/// <summary>One thing that is wrong, for people:
/// <c>anomaly.yaml:12: alerts.budget.default: "2/fortnight" is not a rate; write N/hour, N/day or N/week</c>.</summary>
/// <param name="Place">Where it is written.</param>
/// <param name="Message">What was seen and what would be right.</param>
public sealed record ConfigurationError(ConfigurationPlace Place, string Message)
{
    public override string ToString() => $"{Place}: {Message}";
}

/// <summary>A place in a file, or a setting: <c>anomaly.yaml:12: alerts.budget.default</c>.</summary>
/// <param name="File">As it was given; the name of the variable or option where there is no file.</param>
/// <param name="Line">From 1; 0 when no line is meant.</param>
/// <param name="Key">Dotted; empty when the whole file is meant.</param>
public readonly record struct ConfigurationPlace(string File, int Line = 0, string Key = "")
{
    public override string ToString() => $"{File}{(Line > 0 ? $":{Line}" : "")}{(Key.Length > 0 ? $": {Key}" : "")}";
}
