using Dapr.Anomaly.Core.Models.Onnx.Wire;
using Google.Protobuf;

namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>
/// Builds an ONNX model: inputs, initializers and nodes in topological order, then outputs.
/// A name that is used before it is made, or made twice, is refused at once. The same calls give the same bytes.
/// </summary>
/// <remarks>IR 9, <c>ai.onnx</c> 17 and <c>ai.onnx.ml</c> 3 (when a node needs it): read by runtimes several years old.</remarks>
public sealed class OnnxGraph(string name)
{
    /// <summary>Domain of <c>TreeEnsembleRegressor</c> and its kin.</summary>
    public const string MlDomain = "ai.onnx.ml";

    private const int IrVersion = 9;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly HashSet<string> _values = [];
    private readonly SortedDictionary<string, long> _opsets = new(StringComparer.Ordinal) { [""] = 17 };
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    public string Producer { get; init; } = "Dapr.Anomaly";

    public string ProducerVersion { get; init; } = "0.1.0";

    /// <summary>Free text, returned by the runtime as the description of the graph.</summary>
    public string Description { get; init; } = "";

    public string Input(string name, OnnxElement element, params ReadOnlySpan<OnnxDim> shape)
    {
        _graph.Input.Add(Value(Make(name), element, shape));
        return name;
    }

    public void Output(string name, OnnxElement element, params ReadOnlySpan<OnnxDim> shape)
    {
        Use(name, "the output");
        _graph.Output.Add(Value(name, element, shape));
    }

    public string Initializer(string name, OnnxTensor tensor)
    {
        _graph.Initializer.Add(tensor.ToProto(Make(name)));
        return name;
    }

    public string Initializer(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, OnnxTensor.Of(values, shape));

    public string Initializer(string name, ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, OnnxTensor.Of(values, shape));

    public string Initializer(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, OnnxTensor.Of(values, shape));

    /// <summary>Adds a node of the standard domain. An empty name among inputs or outputs leaves an optional one out.</summary>
    public OnnxNode Node(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<string> outputs) => Node("", operation, inputs, outputs);

    /// <summary>Adds a node of <see cref="MlDomain"/>.</summary>
    public OnnxNode MlNode(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<string> outputs)
    {
        _opsets.TryAdd(MlDomain, 3);
        return Node(MlDomain, operation, inputs, outputs);
    }

    /// <summary>Overrides the opset of a domain ("" is <c>ai.onnx</c>).</summary>
    public OnnxGraph Import(string domain, int version)
    {
        _opsets[domain] = version;
        return this;
    }

    /// <summary>Adds or replaces an entry of <c>metadata_props</c>; entries are written sorted by key.</summary>
    public OnnxGraph Metadata(string key, string value)
    {
        _metadata[key] = value;
        return this;
    }

    /// <summary>The model file.</summary>
    public byte[] ToModel()
    {
        if (_graph.Output.Count == 0)
            throw new InvalidOperationException($"graph \"{_graph.Name}\" has no output");
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = Producer,
            ProducerVersion = ProducerVersion,
            DocString = Description,
            Graph = _graph,
        };
        foreach (var (domain, version) in _opsets)
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
        foreach (var (key, value) in _metadata)
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model.ToByteArray();
    }

    private OnnxNode Node(string domain, string operation, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs)
    {
        var node = new NodeProto
        {
            OpType = operation,
            Domain = domain,
            Name = $"{operation}_{_graph.Node.Count}",
        };
        foreach (var input in inputs)
        {
            if (input.Length > 0)
                Use(input, node.Name);
            node.Input.Add(input);
        }
        foreach (var output in outputs)
            node.Output.Add(output.Length > 0 ? Make(output) : output);
        _graph.Node.Add(node);
        return new(node);
    }

    private string Make(string value) =>
        _values.Add(value) ? value : throw new ArgumentException($"graph \"{_graph.Name}\" already has a value named \"{value}\"");

    private void Use(string value, string user)
    {
        if (!_values.Contains(value))
            throw new ArgumentException($"{user} of graph \"{_graph.Name}\" uses \"{value}\", which no input, initializer or earlier node makes");
    }

    private static ValueInfoProto Value(string name, OnnxElement element, ReadOnlySpan<OnnxDim> shape)
    {
        var dims = new TensorShapeProto();
        foreach (var dim in shape)
            dims.Dim.Add(dim.Symbol is null ? new TensorShapeProto.Types.Dimension { DimValue = dim.Size } : new() { DimParam = dim.Symbol });
        return new()
        {
            Name = name,
            Type = new()
            {
                TensorType = new() { ElemType = (int)element, Shape = dims },
            },
        };
    }
}
