using System.Globalization;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;

namespace Dapr.Anomaly.Trainer;

/// <summary>
/// When a scheduler trains next, from what is stored and nothing else, so that every replica, and a replica after its restart, comes to the same
/// training.
/// A scheduler counts from its own last completed training; one that had none, from that of others when it was first looked at; where there is no
/// model
/// at all it begins soon after the start, which leaves <c>anomaly up</c> the time to begin by itself.
/// </summary>
internal static class RetrainRule
{
    /// <summary>After the start of the service, where there is no model yet.</summary>
    public static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(2);

    /// <summary>A scheduled training that failed is tried again after this, or after <c>fit_every</c> where that is less.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(10);

    /// <param name="started">When this service started.</param>
    /// <param name="attempt">The scheduler's last training, if its instance is known.</param>
    public static Retraining Next(string name, SchedulerConfiguration scheduler, SchedulerLog log, DateTimeOffset started, Attempt? attempt)
    {
        var last = log.Completed;
        var due = last + scheduler.FitEvery;
        if (attempt is { HasEnded: false })
            return new(null, DateTimeOffset.MaxValue);
        if (attempt is { } ended && ended.EndedAt >= (last ?? DateTimeOffset.MinValue) && !ended.Succeeded)
        {
            var again = ended.EndedAt + (scheduler.FitEvery < RetryAfter ? scheduler.FitEvery : RetryAfter);
            due = due is null || again > due ? again : due;
        }
        return due is { } at ? new(Id(name, at), at) : new($"train-{name}-first", started + FirstAfter);
    }

    public static TrainModelInput Input(string name, SchedulerConfiguration scheduler) =>
        new(
            Window: Minutes(TrainingWindow.FullResolutionOf(scheduler.FitWindow)),
            Trigger: "schedule",
            CoarseWindow: Minutes(scheduler.FitWindow),
            Scheduler: name
        );

    private static string Id(string name, DateTimeOffset due) =>
        string.Create(CultureInfo.InvariantCulture, $"train-{name}-{due.UtcDateTime:yyyyMMdd-HHmmss}");

    private static string Minutes(TimeSpan window) => Platform.Prometheus.PromDuration.Format(window);
}

/// <param name="InstanceId">Of the workflow; null while the scheduler's last training runs.</param>
/// <param name="DueAt">When it is to be started.</param>
internal sealed record Retraining(string? InstanceId, DateTimeOffset DueAt);

/// <summary>What became of an instance.</summary>
internal sealed record Attempt(bool HasEnded, bool Succeeded, DateTimeOffset EndedAt)
{
    public static Attempt? From(WorkflowState? state) =>
        state is { Exists: true }
            ? new(state.IsWorkflowCompleted, state.RuntimeStatus == WorkflowRuntimeStatus.Completed, state.LastUpdatedAt)
            : null;
}
