namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>An answer that no client of Dapr should get.</summary>
internal sealed class OracleException(string message) : Exception(message);
