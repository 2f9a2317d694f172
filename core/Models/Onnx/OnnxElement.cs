namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>Element types of tensors, with the numbers of the ONNX format.</summary>
public enum OnnxElement
{
    Float = 1,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Double = 11,
}
