namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>An input or output of a model: its name, element type and shape.</summary>
public sealed record OnnxValue(string Name, OnnxElement Element, IReadOnlyList<OnnxDim> Shape);
