using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>The training kernel's forward pass as an engine. Its cost goes by whole blocks of columns, so small batches take a small pass.</summary>
internal sealed class ManagedLstmEngine(LstmNetwork network, int capacity) : LstmEngine(network.Design)
{
    private static readonly int[] Sizes = [16, 64];

    private readonly LstmPass<float>?[] _passes = new LstmPass<float>?[Sizes.Length + 1];
    private readonly QuantileHead _head = network.Design.Head();
    private float[] _columns = [];

    public override int Capacity => capacity;

    public override void Place(
        int row,
        int rows,
        ReadOnlySpan<float> values,
        ReadOnlySpan<bool> missing,
        WindowScale scale,
        DateTimeOffset first,
        SignalKind kind
    )
    {
        var pass = Pass(rows);
        LstmInputs.Encode(values, missing, scale, first, Design.Step, kind, pass.Inputs[row..], pass.StepStride, pass.Batch);
    }

    public override void Run(int rows, Span<float> quantiles)
    {
        var pass = Pass(rows);
        if (_columns.Length < _head.Rows * pass.Batch)
            _columns = new float[_head.Rows * pass.Batch];
        pass.Forward(network.Parameters);
        _head.Quantiles(pass.Output, _columns, pass.Batch, rows);
        for (var b = 0; b < rows; b++)
        for (var q = 0; q < _head.Rows; q++)
            quantiles[b * _head.Rows + q] = _columns[q * pass.Batch + b];
    }

    public override void Dispose() { }

    private LstmPass<float> Pass(int rows)
    {
        var size = 0;
        while (size < Sizes.Length && (Sizes[size] < rows || Sizes[size] > capacity))
            size++;
        return _passes[size] ??= new(Design.Shape, Design.Steps, size < Sizes.Length ? Sizes[size] : capacity);
    }
}
