using System.Buffers.Binary;
using Dapr.Anomaly.Core.Models.Onnx.Wire;
using Google.Protobuf;

namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>
/// Reads constants and metadata back out of a model file that <see cref="OnnxGraph"/> wrote, for models that are scored without a runtime.
/// </summary>
public sealed class OnnxFile
{
    private readonly ModelProto _model;

    private OnnxFile(ModelProto model) => _model = model;

    /// <exception cref="InvalidDataException">The bytes are not an ONNX model.</exception>
    public static OnnxFile Read(ReadOnlySpan<byte> model)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(model) is { Graph: not null } parsed
                ? new(parsed)
                : throw new InvalidDataException("the ONNX model has no graph");
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new InvalidDataException($"not an ONNX model: {error.Message}", error);
        }
    }

    /// <summary>What the model is fed with, without its constants.</summary>
    public IReadOnlyList<OnnxValue> Inputs
    {
        get
        {
            var constants = _model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet();
            return [.. _model.Graph.Input.Where(input => !constants.Contains(input.Name)).Select(Value)];
        }
    }

    /// <summary>What the model answers with.</summary>
    public IReadOnlyList<OnnxValue> Outputs => [.. _model.Graph.Output.Select(Value)];

    private static OnnxValue Value(ValueInfoProto value)
    {
        var tensor = value.Type?.TensorType ?? throw new InvalidDataException($"\"{value.Name}\" of the ONNX model is not a tensor");
        return new(
            value.Name,
            (OnnxElement)tensor.ElemType,
            [
                .. tensor.Shape?.Dim.Select(dim =>
                    dim.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? (OnnxDim)dim.DimValue : dim.DimParam
                ) ?? [],
            ]
        );
    }

    /// <summary>An entry of <c>metadata_props</c>.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public string Metadata(string key)
    {
        foreach (var entry in _model.MetadataProps)
            if (entry.Key == key)
                return entry.Value;
        throw new InvalidDataException($"model metadata has no {key}");
    }

    /// <summary>A float initializer of two dimensions, row-major.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, type and size.</exception>
    public (float[] Values, int Rows, int Columns) Matrix(string name)
    {
        var (data, rows, columns) = Find(name, OnnxElement.Float, sizeof(float));
        return (Floats(data.Span), rows, columns);
    }

    /// <summary>A double initializer of two dimensions, row-major.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, type and size.</exception>
    public (double[] Values, int Rows, int Columns) DoubleMatrix(string name)
    {
        var (data, rows, columns) = Find(name, OnnxElement.Double, sizeof(double));
        var values = new double[rows * columns];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadDoubleLittleEndian(data.Span[(i * sizeof(double))..]);
        return (values, rows, columns);
    }

    private (ReadOnlyMemory<byte> Data, int Rows, int Columns) Find(string name, OnnxElement element, int width)
    {
        foreach (var tensor in _model.Graph.Initializer)
            if (
                tensor.Name == name
                && tensor.DataType == (int)element
                && tensor.Dims is [var rows, var columns]
                && tensor.RawData.Length == rows * columns * width
            )
                return (tensor.RawData.Memory, (int)rows, (int)columns);
        throw new InvalidDataException($"the model has no {element.ToString().ToLowerInvariant()} matrix \"{name}\"");
    }

    /// <summary>Floats from little-endian bytes, on any machine.</summary>
    public static float[] Floats(ReadOnlySpan<byte> littleEndian)
    {
        var values = new float[littleEndian.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(littleEndian[(i * sizeof(float))..]);
        return values;
    }
}
