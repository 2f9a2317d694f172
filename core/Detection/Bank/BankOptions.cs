namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>How a bank of windows is made.</summary>
/// <param name="Length">Steps of a window.</param>
/// <param name="Entries">Windows kept.</param>
/// <param name="Windows">Windows that the kept ones are chosen from.</param>
/// <param name="Seed">Seed of the draws.</param>
public sealed record BankOptions(int Length = 16, int Entries = 64, int Windows = 600, ulong Seed = 1);
