using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>Shapes of planted faults.</summary>
public enum FaultShape
{
    /// <summary>A new level for ten minutes.</summary>
    LevelShift,

    /// <summary>Three samples of twice the size.</summary>
    Spike,

    /// <summary>A lower level for ten minutes, towards zero.</summary>
    Drop,

    /// <summary>A climb over twenty minutes.</summary>
    Ramp,
}

/// <summary>A fault planted into a copy of a series.</summary>
/// <param name="First">Index of its first sample.</param>
/// <param name="Length">Samples it lasts.</param>
public sealed record PlantedFault(FaultShape Shape, int First, int Length, double[] Values);

/// <summary>Plants faults whose place and size come from a seed, so that two models are judged on the same ones.</summary>
public static class FaultInjector
{
    private const double MinSize = 4;
    private const double MaxSize = 12;

    /// <summary>Plants one fault.</summary>
    /// <param name="values">The series; not changed.</param>
    /// <param name="from">First index at which a fault may begin.</param>
    /// <param name="until">Index before which it ends.</param>
    /// <param name="scale">Robust spread of the series; faults are 4 to 12 times as large.</param>
    /// <returns>Null when the range is too short.</returns>
    public static PlantedFault? Plant(
        ReadOnlySpan<double> values,
        int from,
        int until,
        double scale,
        FaultShape shape,
        TimeSpan step,
        Xoshiro256 random
    )
    {
        var length = shape switch
        {
            FaultShape.Spike => 3,
            FaultShape.Ramp => (int)Math.Ceiling(TimeSpan.FromMinutes(20) / step),
            _ => (int)Math.Ceiling(TimeSpan.FromMinutes(10) / step),
        };
        if (until - from < length)
            return null;
        var first = from + random.Next(until - from - length + 1);
        var size = scale * (MinSize + (MaxSize - MinSize) * random.NextDouble());
        var hurt = values.ToArray();
        var nonNegative = !hurt.Any(v => v < 0);
        for (var i = 0; i < length; i++)
        {
            ref var value = ref hurt[first + i];
            value += shape switch
            {
                FaultShape.Spike => 2 * size,
                FaultShape.Drop => -size,
                FaultShape.Ramp => size * (i + 1) / length,
                _ => size,
            };
            if (nonNegative)
                value = Math.Max(0, value);
        }
        return new(shape, first, length, hurt);
    }
}
