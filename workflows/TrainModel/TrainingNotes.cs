namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>What a person should know of a training that succeeded.</summary>
internal static class TrainingNotes
{
    public static IReadOnlyList<string> Of(CollectedData data, IReadOnlyList<TrainedMember> members) =>
        [.. data.Notes, .. members.Where(m => m.Note is not null).Select(m => $"{m.Member}: {m.Note}")];
}
