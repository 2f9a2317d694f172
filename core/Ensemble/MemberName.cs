namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>The members of the ensemble, by the names that votes, calibration and metrics carry. The order is that of the calibration file.</summary>
public static class MemberName
{
    /// <summary>Isolation forest on the features of the window, one for each kind.</summary>
    public const string Forest = "forest";

    /// <summary>Quantile LSTM on the last values, one for all series.</summary>
    public const string Lstm = "lstm";

    /// <summary>Seasonal model of the series itself.</summary>
    public const string Seasonal = "seasonal";

    /// <summary>Distance of the newest window of the series to its nearest normal ones, amplitude kept.</summary>
    public const string Bank = "bank";

    public static readonly IReadOnlyList<string> All = [Forest, Lstm, Seasonal, Bank];

    public const int ForestIndex = 0;
    public const int LstmIndex = 1;
    public const int SeasonalIndex = 2;
    public const int BankIndex = 3;
    public const int Count = 4;
}
