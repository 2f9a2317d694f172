namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>How a bank of windows is made.</summary>
/// <param name="Length">Steps of a window; 16 and 48 complement each other.</param>
/// <param name="Entries">Windows kept, 128 to 256 for one series or kind.</param>
/// <param name="Windows">Windows that the kept ones are chosen from, and that calibrate the score.</param>
/// <param name="Seed">Seed of the draws.</param>
public sealed record BankOptions(int Length = 16, int Entries = 192, int Windows = 1_500, ulong Seed = 1);
