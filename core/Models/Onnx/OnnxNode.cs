using Dapr.Anomaly.Core.Models.Onnx.Wire;
using Google.Protobuf;
using Kind = Dapr.Anomaly.Core.Models.Onnx.Wire.AttributeProto.Types.AttributeType;

namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>A node of an <see cref="OnnxGraph"/>; <c>With</c> adds an attribute and returns the node.</summary>
public sealed class OnnxNode
{
    private readonly NodeProto _proto;

    internal OnnxNode(NodeProto proto) => _proto = proto;

    /// <summary>Name of the first output, to be the input of the next node.</summary>
    public string Output => _proto.Output[0];

    public OnnxNode With(string name, long value) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.Int,
                I = value,
            }
        );

    public OnnxNode With(string name, float value) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.Float,
                F = value,
            }
        );

    public OnnxNode With(string name, string value) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.String,
                S = ByteString.CopyFromUtf8(value),
            }
        );

    public OnnxNode With(string name, IEnumerable<long> values) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.Ints,
                Ints = { values },
            }
        );

    public OnnxNode With(string name, IEnumerable<float> values) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.Floats,
                Floats = { values },
            }
        );

    public OnnxNode With(string name, IEnumerable<string> values) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.Strings,
                Strings = { values.Select(ByteString.CopyFromUtf8) },
            }
        );

    public OnnxNode With(string name, OnnxTensor value) =>
        Add(
            new()
            {
                Name = name,
                Type = Kind.Tensor,
                T = value.ToProto(""),
            }
        );

    private OnnxNode Add(AttributeProto attribute)
    {
        foreach (var other in _proto.Attribute)
            if (other.Name == attribute.Name)
                throw new ArgumentException($"attribute \"{attribute.Name}\" of {_proto.OpType} is given twice");
        _proto.Attribute.Add(attribute);
        return this;
    }
}
