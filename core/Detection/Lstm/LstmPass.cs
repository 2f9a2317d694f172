using System.Numerics;
using System.Numerics.Tensors;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Forward and backward pass through all steps for a batch of windows, zero initial state. The batch is the vector axis: every matrix is
/// [rows][batch]. One kernel serves float (production) and double (gradient checks). Holds its buffers, so it belongs to one thread.
/// </summary>
/// <remarks>Hochreiter and Schmidhuber 1997, forget gate of Gers 2000; full back-propagation through time.</remarks>
internal sealed class LstmPass<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Weight gradients are summed over this many steps at once: one horizontal sum an entry, and the blocks still fit the second-level cache.
    private const int StepsPerGradient = 4;

    private readonly LstmShape _shape;
    private readonly T[] _columns; // [steps + 1][inputs + hidden][batch]: the inputs of step t and the state before it
    private readonly T[] _gates; // [steps][4 hidden][batch]: activations, after Backward their gradients
    private readonly T[] _cells; // [steps + 1][hidden][batch]
    private readonly T[] _cellTanh; // [steps][hidden][batch]
    private readonly T[] _output;
    private readonly T[] _cellGradient;
    private readonly T[] _stateGradient;
    private readonly T[] _recurrent; // transposed recurrent weights [hidden][4 hidden]
    private readonly T[] _headTransposed;

    public LstmPass(LstmShape shape, int steps, int batch)
    {
        _shape = shape;
        Steps = steps;
        Batch = BatchProduct.Padded<T>(batch);
        _columns = new T[(steps + 1) * shape.Columns * Batch];
        _gates = new T[steps * shape.Gates * Batch];
        _cells = new T[(steps + 1) * shape.Hidden * Batch];
        _cellTanh = new T[steps * shape.Hidden * Batch];
        _output = new T[shape.Outputs * Batch];
        _cellGradient = new T[shape.Hidden * Batch];
        _stateGradient = new T[shape.Hidden * Batch];
        _recurrent = new T[shape.Hidden * shape.Gates];
        _headTransposed = new T[shape.Hidden * shape.Outputs];
    }

    public int Steps { get; }

    /// <summary>
    /// Columns of every matrix: the requested batch padded to whole vectors. Columns nobody fills cost time and change nothing when their output
    /// gradient is zero.
    /// </summary>
    public int Batch { get; }

    /// <summary>All inputs; feature f of step t and column b is at t·<see cref="StepStride"/> + f·<see cref="Batch"/> + b.</summary>
    public Span<T> Inputs => _columns;

    public int StepStride => _shape.Columns * Batch;

    /// <summary>Output of the head, [outputs][batch].</summary>
    public ReadOnlySpan<T> Output => _output;

    /// <summary>h after step <paramref name="step"/> (0-based), [hidden][batch].</summary>
    public ReadOnlySpan<T> State(int step) => StateBefore(step + 1);

    /// <summary>c after step <paramref name="step"/> (0-based), [hidden][batch].</summary>
    public ReadOnlySpan<T> Cell(int step) => _cells.AsSpan((step + 1) * StateSize, StateSize);

    /// <summary>Gradient at the gates before activation, [4 hidden][batch], after <see cref="Backward"/>.</summary>
    public ReadOnlySpan<T> GateGradient(int step) => Gates(step);

    private int StateSize => _shape.Hidden * Batch;

    public void Forward(ReadOnlySpan<T> parameters)
    {
        var size = StateSize;
        var weights = _shape.GateWeights(parameters);
        var biases = _shape.GateBiases(parameters);
        for (var t = 0; t < Steps; t++)
        {
            var gates = Gates(t);
            FillRows(gates, biases);
            BatchProduct.MultiplyAdd(weights, _columns.AsSpan(t * StepStride, StepStride), gates, _shape.Gates, _shape.Columns, Batch);
            TensorPrimitives.Sigmoid<T>(gates[..(3 * size)], gates[..(3 * size)]);
            TensorPrimitives.Tanh<T>(gates[(3 * size)..], gates[(3 * size)..]);

            var cell = _cells.AsSpan((t + 1) * size, size);
            var cellTanh = _cellTanh.AsSpan(t * size, size);
            TensorPrimitives.Multiply<T>(gates.Slice(2 * size, size), _cells.AsSpan(t * size, size), cell);
            TensorPrimitives.MultiplyAdd<T>(gates[..size], gates.Slice(3 * size, size), cell, cell);
            TensorPrimitives.Tanh<T>(cell, cellTanh);
            TensorPrimitives.Multiply<T>(gates.Slice(size, size), cellTanh, StateBefore(t + 1));
        }
        FillRows(_output, _shape.HeadBiases(parameters));
        BatchProduct.MultiplyAdd(_shape.Head(parameters), StateBefore(Steps), _output, _shape.Outputs, _shape.Hidden, Batch);
    }

    /// <summary>
    /// Adds dL/dθ to <paramref name="gradient"/>, given dL/d<see cref="Output"/>; the last call was <see cref="Forward"/> with the same parameters.
    /// </summary>
    public void Backward(ReadOnlySpan<T> parameters, ReadOnlySpan<T> outputGradient, Span<T> gradient)
    {
        HeadGradient(parameters, outputGradient, gradient);
        TransposeRecurrent(_shape.GateWeights(parameters));
        _cellGradient.AsSpan().Clear();
        var end = Steps;
        for (var t = Steps - 1; t >= 0; t--)
        {
            GateGradients(t);
            if (t > 0)
            {
                _stateGradient.AsSpan().Clear();
                BatchProduct.MultiplyAdd<T>(_recurrent, Gates(t), _stateGradient, _shape.Hidden, _shape.Gates, Batch);
            }
            if (end - t == StepsPerGradient || t == 0)
            {
                WeightGradient(t, end - t, gradient);
                end = t;
            }
        }
    }

    private void HeadGradient(ReadOnlySpan<T> parameters, ReadOnlySpan<T> outputGradient, Span<T> gradient)
    {
        BatchProduct.OuterAdd(outputGradient, 0, StateBefore(Steps), 0, 1, gradient[_shape.HeadAt..], _shape.Outputs, _shape.Hidden, Batch);
        AddRowSums(outputGradient, gradient[_shape.HeadBiasAt..], _shape.Outputs);
        var head = _shape.Head(parameters);
        for (var o = 0; o < _shape.Outputs; o++)
        for (var h = 0; h < _shape.Hidden; h++)
            _headTransposed[h * _shape.Outputs + o] = head[o * _shape.Hidden + h];
        _stateGradient.AsSpan().Clear();
        BatchProduct.MultiplyAdd<T>(_headTransposed, outputGradient, _stateGradient, _shape.Hidden, _shape.Outputs, Batch);
    }

    private void GateGradients(int t)
    {
        var size = StateSize;
        var gates = Gates(t);
        Span<T> input = gates[..size],
            output = gates.Slice(size, size),
            forget = gates.Slice(2 * size, size),
            candidate = gates.Slice(3 * size, size);
        ReadOnlySpan<T> cellTanh = _cellTanh.AsSpan(t * size, size),
            cellBefore = _cells.AsSpan(t * size, size);
        Span<T> dState = _stateGradient,
            dCell = _cellGradient;
        var one = Vector<T>.One;
        for (var b = 0; b < size; b += Vector<T>.Count)
        {
            Vector<T> i = new(input[b..]),
                o = new(output[b..]),
                f = new(forget[b..]),
                g = new(candidate[b..]);
            Vector<T> tanh = new(cellTanh[b..]),
                dh = new(dState[b..]);
            var dc = new Vector<T>(dCell[b..]) + dh * o * (one - tanh * tanh);
            (dh * tanh * o * (one - o)).CopyTo(output[b..]);
            (dc * g * i * (one - i)).CopyTo(input[b..]);
            (dc * new Vector<T>(cellBefore[b..]) * f * (one - f)).CopyTo(forget[b..]);
            (dc * i * (one - g * g)).CopyTo(candidate[b..]);
            (dc * f).CopyTo(dCell[b..]);
        }
    }

    private void WeightGradient(int from, int steps, Span<T> gradient)
    {
        var gateStride = _shape.Gates * Batch;
        BatchProduct.OuterAdd<T>(
            _gates.AsSpan(from * gateStride, steps * gateStride),
            gateStride,
            _columns.AsSpan(from * StepStride, steps * StepStride),
            StepStride,
            steps,
            gradient,
            _shape.Gates,
            _shape.Columns,
            Batch
        );
        for (var t = from; t < from + steps; t++)
            AddRowSums(Gates(t), gradient[_shape.GateBiasAt..], _shape.Gates);
    }

    private void TransposeRecurrent(ReadOnlySpan<T> weights)
    {
        for (var row = 0; row < _shape.Gates; row++)
        for (var h = 0; h < _shape.Hidden; h++)
            _recurrent[h * _shape.Gates + row] = weights[row * _shape.Columns + _shape.Inputs + h];
    }

    private Span<T> Gates(int t) => _gates.AsSpan(t * _shape.Gates * Batch, _shape.Gates * Batch);

    private Span<T> StateBefore(int t) => _columns.AsSpan(t * StepStride + _shape.Inputs * Batch, StateSize);

    private void FillRows(Span<T> matrix, ReadOnlySpan<T> values)
    {
        for (var row = 0; row < values.Length; row++)
            matrix.Slice(row * Batch, Batch).Fill(values[row]);
    }

    private void AddRowSums(ReadOnlySpan<T> matrix, Span<T> sums, int rows)
    {
        for (var row = 0; row < rows; row++)
            sums[row] += TensorPrimitives.Sum<T>(matrix.Slice(row * Batch, Batch));
    }
}
