namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>A counter that stands still for hours or days and then takes a few at once, as drops, errors and page faults do.</summary>
internal sealed class RareBursts
{
    private const int Hours = 24 * 130;
    private const int MsPerHour = 3_600_000;

    private readonly double[] _before = new double[Hours + 1];
    private readonly ulong _seed;
    private readonly Grid _grid;

    /// <param name="chance">Of a burst in an hour.</param>
    /// <param name="largest">Most that come at once; at least one does.</param>
    public RareBursts(ulong seed, Grid grid, double chance, double largest)
    {
        (_seed, _grid) = (seed, grid);
        for (var hour = 0; hour < Hours; hour++)
        {
            var at = grid.EpochMs / MsPerHour + hour;
            var size = HashNoise.Unit(seed, at) < chance ? Math.Ceiling(Math.Pow(largest, HashNoise.Unit(seed ^ 1, at))) : 0;
            _before[hour + 1] = _before[hour] + size;
        }
    }

    /// <summary>Count since the epoch.</summary>
    public double At(long step)
    {
        var ms = Math.Max(0, _grid.TimeOf(step) - _grid.EpochMs);
        var hour = (int)Math.Min(Hours - 1, ms / MsPerHour);
        var begins = HashNoise.Unit(_seed ^ 2, _grid.EpochMs / MsPerHour + hour) * MsPerHour;
        return ms - (long)hour * MsPerHour >= begins ? _before[hour + 1] : _before[hour];
    }
}
