using Dapr.Embedded.Workflows.Dispatch;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Whether an instance id may be used (again).</summary>
internal static class InstanceReuse
{
    /// <summary>
    /// Why the id cannot be used, null when it can: it can be stored, and there is no such instance, or it and its children are over.
    /// </summary>
    public static string? Refusal(InstanceTable table, string instanceId, LiveInstance? existing)
    {
        // SQLite hands text back up to its first NUL only.
        if (instanceId.Contains('\0', StringComparison.Ordinal))
            return "instance id is invalid: must not contain NUL";
        if (existing is null)
            return null;
        if (!existing.State.IsOver)
            return $"an active workflow with ID '{instanceId}' already exists";
        foreach (var (app, child) in existing.State.Children)
        {
            if (app is null && table.Find(child) is { State.IsOver: false })
                return $"cannot recreate workflow with ID '{instanceId}': child workflow '{child}': orchestration has not yet completed";
        }
        return null;
    }
}
