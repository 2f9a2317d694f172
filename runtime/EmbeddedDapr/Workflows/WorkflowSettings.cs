using System.Globalization;
using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Shell;

namespace Dapr.Embedded.Workflows;

/// <summary>
/// Section "workflow" of the Configuration resource. One sidecar runs all workflows of an app here, so a limit for one sidecar and one for
/// all of them (global…) are the same, and the lower counts.
/// </summary>
/// <param name="Limits">Turns and activities that may be out at once; absent, zero or less is no limit.</param>
/// <param name="Retention">How long finished instances are kept; absent is until they are purged.</param>
/// <param name="Unused">Settings that are there and have no effect.</param>
internal sealed record WorkflowSettings(ConcurrencyLimits Limits, RetentionPolicy Retention, IReadOnlyList<string> Unused)
{
    private static readonly HashSet<string> Used =
    [
        "maxConcurrentWorkflowInvocations",
        "maxConcurrentActivityInvocations",
        "globalMaxConcurrentWorkflowInvocations",
        "globalMaxConcurrentActivityInvocations",
        "workflowConcurrencyLimits",
        "activityConcurrencyLimits",
        "stateRetentionPolicy",
    ];

    /// <exception cref="ResourceException">A setting cannot be understood.</exception>
    public static WorkflowSettings Read(JsonObject? section) =>
        new(
            new ConcurrencyLimits(Limit(section, "Workflow", "workflowConcurrencyLimits"), Limit(section, "Activity", "activityConcurrencyLimits")),
            RetentionOf(section?["stateRetentionPolicy"] as JsonObject),
            [.. (section ?? []).Select(setting => setting.Key).Where(name => !Used.Contains(name)), .. PulledActivities(section)]
        );

    private static ConcurrencyLimit Limit(JsonObject? section, string kind, string byName)
    {
        var own = Number(section?[$"maxConcurrent{kind}Invocations"], $"maxConcurrent{kind}Invocations");
        var global = Number(section?[$"globalMaxConcurrent{kind}Invocations"], $"globalMaxConcurrent{kind}Invocations");
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Entries(section, byName))
        {
            var name = entry["name"]?.ToString() ?? "";
            if (name.Length == 0 || !known.Add(name))
                throw Wrong($"{byName}[].name", name, "each entry with a name of its own");
            var most = Number(entry["maxConcurrent"], $"{byName}[].maxConcurrent");
            if (most < int.MaxValue)
                names.Add(name, most);
        }
        return new ConcurrencyLimit(Math.Min(own, global), names);
    }

    /// <summary>Which replica pulls an activity means nothing where there is one.</summary>
    private static IEnumerable<string> PulledActivities(JsonObject? section) =>
        Entries(section, "activityConcurrencyLimits")
            .Where(entry => entry.ContainsKey("dispatchMode"))
            .Select(entry => $"activityConcurrencyLimits[{entry["name"]}].dispatchMode");

    private static IEnumerable<JsonObject> Entries(JsonObject? section, string key)
    {
        if (section?[key] is not { } value)
            return [];
        return value is JsonArray list && list.All(entry => entry is JsonObject)
            ? list.Select(entry => (JsonObject)entry!)
            : throw Wrong(key, value.ToJsonString(), "a list of {name, maxConcurrent}");
    }

    private static RetentionPolicy RetentionOf(JsonObject? policy) =>
        new(Duration(policy, "anyTerminal"), Duration(policy, "completed"), Duration(policy, "failed"), Duration(policy, "terminated"));

    private static TimeSpan? Duration(JsonObject? policy, string name)
    {
        if (policy?[name]?.ToString() is not { } text)
            return null;
        return GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero
            ? duration
            : throw Wrong($"stateRetentionPolicy.{name}", text, "a duration such as \"30s\" or \"24h\"");
    }

    private static int Number(JsonNode? value, string key)
    {
        if (value is null)
            return int.MaxValue;
        return int.TryParse(value.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number > 0
                ? number
                : int.MaxValue
            : throw Wrong(key, value.ToString(), "a whole number");
    }

    private static ResourceException Wrong(string key, string seen, string right) =>
        new($"Configuration: workflow.{key} is '{seen}'; {right} would be right");
}
