using System.Reflection;
using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>Types of the code that are a contract with other programs, by name.</summary>
internal static class Contracts
{
    /// <summary>Of other rooms than Messages.</summary>
    private static readonly Type[] Further =
    [
        typeof(SeriesId),
        typeof(SeriesIdentity),
        typeof(SeriesState),
        typeof(SignalKind),
        typeof(DetectionDirection),
        typeof(Decision),
        typeof(TrainModelInput),
        typeof(TrainModelResult),
        typeof(Figure),
        typeof(TrainingV1),
        typeof(TrainingProgress),
        typeof(TrainingStep),
        typeof(StepState),
    ];

    /// <summary>A <see cref="MetricBatch"/> travels as protobuf or as <see cref="MetricBatchJson"/>.</summary>
    public static readonly IReadOnlyDictionary<string, Type> ByName = typeof(MessageJson)
        .Assembly.GetExportedTypes()
        .Where(t => t.Namespace == typeof(MessageJson).Namespace && (t.IsEnum || IsRecord(t)) && t != typeof(MetricBatch))
        .Concat(Further)
        .ToDictionary(t => t.Name);

    public static string Write(object value) => JsonSerializer.Serialize(value, value.GetType(), MessageJson.Options);

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", BindingFlags.Public | BindingFlags.Instance) is not null;
}
