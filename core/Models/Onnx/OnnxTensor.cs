using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Models.Onnx.Wire;
using Google.Protobuf;

namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>A constant tensor, row-major. An empty shape is a scalar.</summary>
public sealed class OnnxTensor
{
    private readonly ByteString _littleEndian;
    private readonly long[] _shape;

    private OnnxTensor(OnnxElement element, ReadOnlySpan<byte> native, int count, int width, ReadOnlySpan<long> shape)
    {
        long size = 1;
        foreach (var dim in shape)
            size *= dim;
        if (size != count)
            throw new ArgumentException(
                $"a tensor of shape [{string.Join(", ", shape.ToArray())}] holds {size} values, {count} were given",
                nameof(shape)
            );
        Element = element;
        _shape = shape.ToArray();
        _littleEndian = ByteString.CopyFrom(BitConverter.IsLittleEndian ? native : Reversed(native, width));
    }

    public OnnxElement Element { get; }

    public ReadOnlySpan<long> Shape => _shape;

    public static OnnxTensor Of(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        new(OnnxElement.Float, MemoryMarshal.AsBytes(values), values.Length, sizeof(float), shape);

    public static OnnxTensor Of(ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) =>
        new(OnnxElement.Double, MemoryMarshal.AsBytes(values), values.Length, sizeof(double), shape);

    public static OnnxTensor Of(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        new(OnnxElement.Int64, MemoryMarshal.AsBytes(values), values.Length, sizeof(long), shape);

    internal TensorProto ToProto(string name) =>
        new()
        {
            Name = name,
            DataType = (int)Element,
            Dims = { _shape },
            RawData = _littleEndian,
        };

    private static byte[] Reversed(ReadOnlySpan<byte> native, int width)
    {
        var bytes = native.ToArray();
        for (var i = 0; i < bytes.Length; i += width)
            bytes.AsSpan(i, width).Reverse();
        return bytes;
    }
}
