namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>One series that a bank learns normal windows from.</summary>
/// <param name="Values">Values on a fixed grid, oldest first; what stands at a missing place does not matter.</param>
/// <param name="Missing">True where there is no sample or one that is not normal; a window that touches one is not learned. Empty when nothing is
/// missing.</param>
/// <param name="Name">Names the series in errors.</param>
public sealed record BankSeries(ReadOnlyMemory<float> Values, ReadOnlyMemory<bool> Missing, string Name);
