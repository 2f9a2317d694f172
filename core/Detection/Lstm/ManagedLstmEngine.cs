using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>The training kernel's forward pass as an engine.</summary>
internal sealed class ManagedLstmEngine(LstmNetwork network, int capacity) : LstmEngine(network.Design)
{
    private readonly LstmPass<float> _pass = new(network.Design.Shape, network.Design.Steps, capacity);
    private readonly QuantileHead _head = network.Design.Head();
    private float[] _columns = [];

    public override int Capacity => _pass.Batch;

    public override void Place(
        int row, int rows, ReadOnlySpan<float> values, ReadOnlySpan<bool> missing, WindowScale scale, DateTimeOffset first, SignalKind kind) =>
        LstmInputs.Encode(values, missing, scale, first, Design.Step, kind, _pass.Inputs[row..], _pass.StepStride, _pass.Batch);

    public override void Run(int rows, Span<float> quantiles)
    {
        if (_columns.Length == 0)
            _columns = new float[_head.Rows * _pass.Batch];
        _pass.Forward(network.Parameters);
        _head.Quantiles(_pass.Output, _columns, _pass.Batch, rows);
        for (var b = 0; b < rows; b++)
            for (var q = 0; q < _head.Rows; q++)
                quantiles[b * _head.Rows + q] = _columns[q * _pass.Batch + b];
    }

    public override void Dispose()
    {
    }
}
