using Dapr.Anomaly.Platform.State;
using Dapr.Client;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>
/// What happened to trainings, in the state store: which is the newest, and when the last ones were completed. Anybody may start a training, so the
/// trainings
/// write it themselves, in their first and their last activity; reading it costs one call, however many trainings there were.
/// </summary>
public sealed class TrainingLog(DaprClient dapr)
{
    private const string Key = "trainings";
    private const int Tries = 10;

    public async Task<TrainingLogState> ReadAsync(CancellationToken cancellationToken) =>
        await dapr.GetStateAsync<TrainingLogState?>(StateStores.Default, Key, cancellationToken: cancellationToken) ?? TrainingLogState.Empty;

    /// <summary>A training has begun. Said again by the same or an older one, it changes nothing.</summary>
    public Task BeganAsync(TrainingPlan plan, CancellationToken cancellationToken) =>
        ChangeAsync(
            state => state.LatestBegan is { } began && began >= plan.To ? state : state with { Latest = plan.InstanceId, LatestBegan = plan.To },
            cancellationToken
        );

    /// <summary>A training's model scores.</summary>
    public Task CompletedAsync(TrainingPlan plan, DateTimeOffset at, CancellationToken cancellationToken) =>
        ChangeAsync(
            state =>
                (plan.Scheduler is { } name ? state.With(name, s => s with { Completed = Later(s.Completed, at) }) : state) with
                {
                    Completed = Later(state.Completed, at),
                },
            cancellationToken
        );

    /// <summary>A scheduler without a training of its own counts from this one.</summary>
    public Task AdoptAsync(string scheduler, DateTimeOffset completed, CancellationToken cancellationToken) =>
        ChangeAsync(
            state => state.Of(scheduler).Completed is null ? state.With(scheduler, s => s with { Completed = completed }) : state,
            cancellationToken
        );

    /// <summary>A scheduler started an instance.</summary>
    public Task AttemptedAsync(string scheduler, string instanceId, CancellationToken cancellationToken) =>
        ChangeAsync(state => state.With(scheduler, s => s with { Attempt = instanceId }), cancellationToken);

    private static DateTimeOffset Later(DateTimeOffset? known, DateTimeOffset at) => known > at ? known.Value : at;

    /// <summary>Several trainings and replicas write: each change is made on what the others left.</summary>
    private async Task ChangeAsync(Func<TrainingLogState, TrainingLogState> change, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Tries; i++)
        {
            var (stored, etag) = await dapr.GetStateAndETagAsync<TrainingLogState?>(StateStores.Default, Key, cancellationToken: cancellationToken);
            var before = stored ?? TrainingLogState.Empty;
            var after = change(before);
            if (after == before || await SaveAsync(after, etag, cancellationToken))
                return;
        }
        throw new InvalidOperationException($"state \"{Key}\" of store \"{StateStores.Default}\" was changed by others {Tries} times in a row");
    }

    private Task<bool> SaveAsync(TrainingLogState state, string etag, CancellationToken cancellationToken) =>
        dapr.TrySaveStateAsync(
            StateStores.Default,
            Key,
            state,
            etag,
            new StateOptions { Concurrency = ConcurrencyMode.FirstWrite },
            cancellationToken: cancellationToken
        );
}

/// <param name="Version">Layout of this document.</param>
/// <param name="Latest">Instance id of the training that began last.</param>
/// <param name="Completed">When any training was completed last.</param>
public sealed record TrainingLogState(
    int Version,
    string? Latest,
    DateTimeOffset? LatestBegan,
    DateTimeOffset? Completed,
    IReadOnlyDictionary<string, SchedulerLog> Schedulers
)
{
    public const int CurrentVersion = 1;

    public static readonly TrainingLogState Empty = new(CurrentVersion, null, null, null, new Dictionary<string, SchedulerLog>());

    public SchedulerLog Of(string scheduler) => Schedulers.GetValueOrDefault(scheduler, SchedulerLog.Nothing);

    internal TrainingLogState With(string scheduler, Func<SchedulerLog, SchedulerLog> change) =>
        this with
        {
            Schedulers = new Dictionary<string, SchedulerLog>(Schedulers) { [scheduler] = change(Of(scheduler)) },
        };
}

/// <param name="Attempt">Instance id of the last training that the scheduler started.</param>
/// <param name="Completed">When its last training was completed, or the training of others that it counts from.</param>
public sealed record SchedulerLog(string? Attempt, DateTimeOffset? Completed)
{
    public static readonly SchedulerLog Nothing = new(null, null);
}
