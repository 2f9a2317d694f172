namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>The label window of the TSB-AD benchmark: the lag of the highest local maximum of the autocorrelation.</summary>
public static class DominantPeriod
{
    public const int Default = 125;

    private const int MaxRows = 20_000;
    private const int MaxLags = 400;
    private const int FirstLag = 3;

    /// <summary>6 to 303, or 125 where no period stands out. Looks at the first 20,000 values and lags up to 400.</summary>
    public static int Of(ReadOnlySpan<double> values)
    {
        var x = values[..Math.Min(MaxRows, values.Length)];
        var lags = Math.Min(MaxLags, x.Length - 1);
        var centred = new double[x.Length];
        var mean = 0.0;
        foreach (var value in x)
            mean += value;
        mean /= x.Length;
        for (var t = 0; t < x.Length; t++)
            centred[t] = x[t] - mean;
        var squares = System.Numerics.Tensors.TensorPrimitives.Dot<double>(centred, centred);
        if (squares == 0)
            return Default;

        double Correlation(int lag) =>
            System.Numerics.Tensors.TensorPrimitives.Dot<double>(centred.AsSpan(0, centred.Length - lag), centred.AsSpan(lag)) / squares;
        var (best, bestLag) = (double.NegativeInfinity, 0);
        for (var lag = FirstLag + 1; lag < lags; lag++)
        {
            var here = Correlation(lag);
            // The tolerance keeps rounding from deciding between equal peaks.
            if (here > Correlation(lag - 1) && here > Correlation(lag + 1) && here > best + 1e-12)
                (best, bestLag) = (here, lag);
        }
        return bestLag - FirstLag is >= 3 and <= 300 ? bestLag : Default;
    }
}
