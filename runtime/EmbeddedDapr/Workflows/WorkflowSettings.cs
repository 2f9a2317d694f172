using System.Globalization;
using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Shell;

namespace Dapr.Embedded.Workflows;

/// <summary>Section "workflow" of the Configuration resource.</summary>
internal static class WorkflowSettings
{
    /// <summary>maxConcurrentWorkflowInvocations and maxConcurrentActivityInvocations; absent, zero or less is no limit.</summary>
    public static ConcurrencyLimits Limits(JsonObject? section) =>
        new(Number(section, "maxConcurrentWorkflowInvocations"), Number(section, "maxConcurrentActivityInvocations"));

    /// <summary>stateRetentionPolicy: how long finished instances are kept, Go durations; absent is until they are purged.</summary>
    public static RetentionPolicy Retention(JsonObject? section)
    {
        var policy = section?["stateRetentionPolicy"] as JsonObject;
        return new RetentionPolicy(Duration(policy, "anyTerminal"), Duration(policy, "completed"), Duration(policy, "failed"), Duration(policy, "terminated"));
    }

    private static TimeSpan? Duration(JsonObject? policy, string name)
    {
        if (policy?[name]?.ToString() is not { } text)
            return null;
        return GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero
            ? duration
            : throw new ResourceException($"Configuration: workflow.stateRetentionPolicy.{name} is '{text}'; a duration such as \"30s\" or \"24h\" would be right");
    }

    private static int Number(JsonObject? section, string name) =>
        int.TryParse(section?[name]?.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : int.MaxValue;
}
