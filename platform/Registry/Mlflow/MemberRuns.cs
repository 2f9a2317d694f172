namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// One nested run for each member of the ensemble, so that members can be compared in MLflow's charts. The parent's parameter <c>members</c> names
/// them; <c>eval/lstm/pinball</c> and <c>train/lstm_loss</c> of the parent become <c>eval/pinball</c> and <c>train/loss</c> of the child <c>lstm</c>.
/// </summary>
internal sealed class MemberRuns(MlflowTracking tracking)
{
    private const string MembersParameter = "members";

    public async Task LogAsync(Run parent, IReadOnlyList<Metric> metrics, CancellationToken cancellationToken)
    {
        var members =
            parent.Data?.Params?.FirstOrDefault(p => p.Key == MembersParameter)?.Value.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var member in members)
        {
            Metric[] own = [.. metrics.Select(m => Key(m.Key, member) is { } key ? m with { Key = key } : null).OfType<Metric>()];
            if (own.Length > 0)
                await tracking.LogMetricsAsync(await ChildAsync(parent, member, cancellationToken), own, cancellationToken);
        }
    }

    public async Task EndAsync(Run parent, string status, DateTimeOffset endedAt, CancellationToken cancellationToken)
    {
        foreach (var child in await tracking.ChildrenAsync(parent.Info, cancellationToken))
            await tracking.EndRunAsync(child.Info.RunId, status, endedAt, cancellationToken);
    }

    private async Task<string> ChildAsync(Run parent, string member, CancellationToken cancellationToken)
    {
        var outboxId = $"{parent.Info.RunId}-{member}";
        var child = await tracking.FindRunAsync(parent.Info.ExperimentId, MlflowTags.OutboxId, outboxId, cancellationToken);
        if (child is null)
        {
            var tags = MlflowTags.Source();
            tags[MlflowTags.Parent] = parent.Info.RunId;
            tags[MlflowTags.OutboxId] = outboxId;
            tags["anomaly.member"] = member;
            child = await tracking.CreateRunAsync(
                parent.Info.ExperimentId,
                member,
                DateTimeOffset.FromUnixTimeMilliseconds(parent.Info.StartTime),
                tags,
                cancellationToken
            );
        }
        return child.Info.RunId;
    }

    private static string? Key(string key, string member) =>
        key.Split('/') switch
        {
            [var section, var second, .. var rest] when second == member && rest.Length > 0 => $"{section}/{string.Join('/', rest)}",
            [var section, var second] when second.StartsWith(member + "_", StringComparison.Ordinal) => $"{section}/{second[(member.Length + 1)..]}",
            _ => null,
        };
}
