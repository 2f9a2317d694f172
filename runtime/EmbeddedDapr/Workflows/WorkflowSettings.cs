using System.Globalization;
using System.Text.Json.Nodes;
using Dapr.Embedded.Workflows.Dispatch;

namespace Dapr.Embedded.Workflows;

/// <summary>Section "workflow" of the Configuration resource.</summary>
internal static class WorkflowSettings
{
    /// <summary>maxConcurrentWorkflowInvocations and maxConcurrentActivityInvocations; absent, zero or less is no limit.</summary>
    public static ConcurrencyLimits Limits(JsonObject? section) =>
        new(Number(section, "maxConcurrentWorkflowInvocations"), Number(section, "maxConcurrentActivityInvocations"));

    private static int Number(JsonObject? section, string name) =>
        int.TryParse(section?[name]?.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : int.MaxValue;
}
