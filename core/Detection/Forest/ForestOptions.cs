namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>How a forest is grown.</summary>
/// <param name="Trees">Trees, 1 to 10,000. More only reduce variance.</param>
/// <param name="Subsample">Rows that each tree sees, 2 to 4,096. Larger ones hide anomalies among normal rows (swamping, masking).</param>
/// <param name="Seed">Tree k draws from its own generator seeded with <c>Seed + k</c>.</param>
public sealed record ForestOptions(int Trees = 100, int Subsample = 256, ulong Seed = 0)
{
    public const int MaxSubsample = 4096;

    internal void Check()
    {
        if (Trees is < 1 or > 10_000)
            throw new ArgumentOutOfRangeException(nameof(Trees), Trees, "a forest has 1 to 10,000 trees");
        if (Subsample is < 2 or > MaxSubsample)
            throw new ArgumentOutOfRangeException(nameof(Subsample), Subsample, "a tree is grown from 2 to 4,096 rows");
    }
}
