using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>Who answers for a series, and whose alert budget it spends.</summary>
public static class Team
{
    /// <summary>Of series that nobody is named for, such as those of nodes: they share the default budget.</summary>
    public const string Nobody = "";

    /// <summary>The label <c>team</c>, else <c>namespace</c>.</summary>
    public static string Of(Labels labels) => Of(name => labels[name]);

    /// <summary>The same for labels in another form.</summary>
    /// <param name="label">The value of a label, or nothing.</param>
    public static string Of(Func<string, string?> label) =>
        label("team") is { Length: > 0 } team ? team
        : label("namespace") is { Length: > 0 } name ? name
        : Nobody;
}
