namespace Dapr.Anomaly.Platform.Registry;

/// <summary>Names that every part agrees on.</summary>
public static class ModelAliases
{
    /// <summary>The registered model.</summary>
    public const string Model = "anomaly-detector";

    /// <summary>The version that scores.</summary>
    public const string Champion = "champion";

    /// <summary>What was champion before: the target of a roll-back.</summary>
    public const string Previous = "previous";
}
