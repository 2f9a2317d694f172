namespace Dapr.Anomaly.Core.Series;

/// <summary>
/// Samples of many series on one time grid: a table of series, each told once, then a column of values for each instant. The one form of live samples and of history.
/// NaN marks an instant at which a series has no finite sample.
/// </summary>
public sealed class SampleTable
{
    private readonly double[] _values;

    /// <param name="start">Time of the first column.</param>
    /// <param name="step">Time between two columns, above 0.</param>
    /// <param name="series">The rows.</param>
    /// <param name="values">Row by row, <paramref name="columns"/> values each.</param>
    /// <exception cref="ArgumentException">The number of values is not rows × columns, or the step is not above 0.</exception>
    public SampleTable(DateTimeOffset start, TimeSpan step, int columns, IReadOnlyList<WatchedSeries> series, double[] values)
    {
        if (step <= TimeSpan.Zero)
            throw new ArgumentException($"a step of {step} is not above 0", nameof(step));
        if (values.LongLength != (long)series.Count * columns)
            throw new ArgumentException($"{values.Length} values in a table of {series.Count} series and {columns} columns", nameof(values));
        (Start, Step, Columns, Series, _values) = (start, step, columns, series, values);
    }

    public DateTimeOffset Start { get; }

    public TimeSpan Step { get; }

    public int Columns { get; }

    public IReadOnlyList<WatchedSeries> Series { get; }

    public double this[int row, int column] => _values[(row * Columns) + column];

    public DateTimeOffset TimeOf(int column) => Start + (column * Step);

    /// <summary>All values of one series, oldest first.</summary>
    public ReadOnlySpan<double> Row(int row) => _values.AsSpan(row * Columns, Columns);

    /// <summary>Finite values in the table.</summary>
    public long SampleCount
    {
        get
        {
            long count = 0;
            foreach (var value in _values)
                count += double.IsNaN(value) ? 0 : 1;
            return count;
        }
    }

    /// <summary>The part with the given rows and the columns from <paramref name="column"/> on; rows without a sample in it are left out.</summary>
    public SampleTable Slice(IReadOnlyList<int> rows, int column, int columns)
    {
        List<WatchedSeries> series = new(rows.Count);
        var values = new double[rows.Count * columns];
        foreach (var row in rows)
        {
            var part = Row(row).Slice(column, columns);
            if (!part.ContainsAnyExcept(double.NaN))
                continue;
            part.CopyTo(values.AsSpan(series.Count * columns));
            series.Add(Series[row]);
        }
        Array.Resize(ref values, series.Count * columns);
        return new(TimeOf(column), Step, columns, series, values);
    }
}
