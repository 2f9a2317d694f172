namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>Average path length of an unsuccessful search in a binary search tree.</summary>
public static class PathLength
{
    private const double EulerGamma = 0.5772156649015329;

    /// <summary>
    /// c(n) of Liu, Ting and Zhou 2008 with the logarithm form of the harmonic number, as scikit-learn and PyOD: c(1) = 0, c(2) = 1, else 2(ln(n − 1)
    /// + γ) − 2(n − 1)/n.
    /// </summary>
    public static double Average(int rows) =>
        rows switch
        {
            <= 1 => 0,
            2 => 1,
            _ => 2 * (Math.Log(rows - 1) + EulerGamma) - 2.0 * (rows - 1) / rows,
        };
}
