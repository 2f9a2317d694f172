namespace Dapr.Anomaly.Platform.State;

/// <summary>Names of the Dapr state stores.</summary>
public static class StateStores
{
    public const string Default = "statestore";
}
