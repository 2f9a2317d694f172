using Dapr.Anomaly.Core.Series;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>A lane over a shared ONNX Runtime session: pinned input and output that every run reuses.</summary>
internal sealed class OnnxLstmEngine : LstmEngine
{
    private static readonly string[] InputNames = [LstmOnnx.InputName];
    private static readonly string[] OutputNames = [LstmOnnx.OutputName];

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly float[] _input;
    private readonly float[] _output;
    private OrtValue? _inputValue;
    private OrtValue? _outputValue;
    private int _boundRows;

    public OnnxLstmEngine(InferenceSession session, LstmDesign design, int capacity)
        : base(design)
    {
        _session = session;
        Capacity = capacity;
        _input = new float[design.Steps * capacity * LstmInputs.Count];
        _output = new float[capacity * Outputs];
    }

    public override int Capacity { get; }

    private int Outputs => Design.Horizons * Design.Quantiles.Count;

    public override void Place(
        int row,
        int rows,
        ReadOnlySpan<float> values,
        ReadOnlySpan<bool> missing,
        WindowScale scale,
        DateTimeOffset first,
        SignalKind kind
    ) => LstmInputs.Encode(values, missing, scale, first, Design.Step, kind, _input.AsSpan(row * LstmInputs.Count), rows * LstmInputs.Count, 1);

    public override void Run(int rows, Span<float> quantiles)
    {
        Bind(rows);
        _session.Run(_options, InputNames, [_inputValue!], OutputNames, [_outputValue!]);
        _output.AsSpan(0, rows * Outputs).CopyTo(quantiles);
    }

    public override void Dispose()
    {
        _inputValue?.Dispose();
        _outputValue?.Dispose();
        _options.Dispose();
    }

    private void Bind(int rows)
    {
        if (_boundRows == rows)
            return;
        _inputValue?.Dispose();
        _outputValue?.Dispose();
        _inputValue = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            _input.AsMemory(0, Design.Steps * rows * LstmInputs.Count),
            [Design.Steps, rows, LstmInputs.Count]
        );
        _outputValue = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            _output.AsMemory(0, rows * Outputs),
            [rows, Design.Horizons, Design.Quantiles.Count]
        );
        _boundRows = rows;
    }
}
