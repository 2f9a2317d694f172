using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Names of the files in a model bundle.</summary>
public static class EnsembleFiles
{
    public const string Lstm = "lstm.onnx";
    public const string Seasonal = "seasonal.onnx";
    public const string Bank = "bank.onnx";
    public const string Calibration = "calibration.bin";
    public const string Series = "series.json";
    public const string FeatureSchema = "feature_schema.json";

    public static string Forest(SignalKind kind) => $"forest-{kind.ToString().ToLowerInvariant()}.onnx";
}
