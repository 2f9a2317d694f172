namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>An engine and the buffers of one caller: checks rows, encodes them, runs them.</summary>
internal sealed class LstmScoringBuffers(LstmEngine engine) : IDisposable
{
    private readonly int _outputs = engine.Design.Horizons * engine.Design.Quantiles.Count;
    private readonly float[] _quantiles = new float[engine.Capacity * engine.Design.Horizons * engine.Design.Quantiles.Count];
    private readonly WindowScale[] _scales = new WindowScale[engine.Capacity];
    private readonly bool[] _enough = new bool[engine.Capacity];
    private readonly double[] _scratch = new double[engine.Design.Steps];

    public int Capacity => engine.Capacity;

    /// <summary>Runs at most <see cref="Capacity"/> rows; <paramref name="firstIndex"/> is the caller's index of the first, for errors.</summary>
    public void Run(ReadOnlySpan<LstmRow> rows, int firstIndex)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var row = ref rows[i];
            var absent = Check(row, firstIndex + i);
            ReadOnlySpan<float> values = row.Inputs.Span;
            ReadOnlySpan<bool> missing = row.Missing.Span;
            _enough[i] = 2 * absent < values.Length;
            _scales[i] = WindowScale.Of(values, missing, row.LongRunScale, engine.Design.ScaleFloor, _scratch);
            engine.Place(i, rows.Length, values, missing, _scales[i], row.First, row.Kind);
        }
        engine.Run(rows.Length, _quantiles);
    }

    /// <summary>More than half of the row's inputs were there.</summary>
    public bool Enough(int row) => _enough[row];

    public WindowScale Scale(int row) => _scales[row];

    /// <summary>[horizon][level], in window scales.</summary>
    public ReadOnlySpan<float> Quantiles(int row) => _quantiles.AsSpan(row * _outputs, _outputs);

    public void Dispose() => engine.Dispose();

    /// <summary>Number of missing inputs of a row that is well formed.</summary>
    private int Check(in LstmRow row, int index)
    {
        if (row.Inputs.Length != engine.Design.Steps)
            throw new ArgumentException($"row {index} has {row.Inputs.Length} inputs; the model takes {engine.Design.Steps}");
        if (!row.Missing.IsEmpty && row.Missing.Length != row.Inputs.Length)
            throw new ArgumentException($"row {index} has {row.Inputs.Length} inputs and a missing mask of {row.Missing.Length}");
        var absent = 0;
        var values = row.Inputs.Span;
        var missing = row.Missing.Span;
        for (var t = 0; t < values.Length; t++)
            if (!missing.IsEmpty && missing[t])
                absent++;
            else if (!float.IsFinite(values[t]))
                throw new ArgumentException($"row {index}: input {t} is {values[t]}; samples that are not there must be marked missing");
        return absent;
    }
}
