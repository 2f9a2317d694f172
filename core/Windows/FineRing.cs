using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Windows;

/// <summary>
/// The last 256 steps of a series: float32 values relative to the window's offset, and a mask of the steps that have one. Positions are step indices
/// modulo 256.
/// </summary>
internal struct FineRing()
{
    internal const int Capacity = 256;

    private const int PositionMask = Capacity - 1;

    internal readonly float[] Values = new float[Capacity];
    internal StepMask Present;

    internal readonly bool Has(long index) => Present.Has((int)(index & PositionMask));

    internal readonly float this[long index] => Values[index & PositionMask];

    /// <summary>Puts a value at <paramref name="index"/> and marks the steps between <paramref name="newest"/> and it missing.</summary>
    internal void Put(long newest, long index, float value)
    {
        for (var missing = newest + 1; missing < index; missing++)
            Present.Clear((int)(missing & PositionMask));
        Values[index & PositionMask] = value;
        Present.Set((int)(index & PositionMask));
    }

    /// <summary>Copies the present values of the steps [<paramref name="first"/>, <paramref name="last"/>], oldest first; returns how many.</summary>
    internal readonly int CopyPresent(long first, long last, Span<double> target)
    {
        var steps = (int)(last - first + 1);
        if (CountPresent(first, last) == steps)
        {
            var start = (int)(first & PositionMask);
            var head = Math.Min(steps, Capacity - start);
            TensorPrimitives.ConvertTruncating<float, double>(Values.AsSpan(start, head), target);
            TensorPrimitives.ConvertTruncating<float, double>(Values.AsSpan(0, steps - head), target[head..]);
            return steps;
        }
        var count = 0;
        for (var index = first; index <= last; index++)
            if (Has(index))
                target[count++] = this[index];
        return count;
    }

    internal readonly int CountPresent(long first, long last)
    {
        var count = 0;
        for (var index = first; index <= last; )
        {
            var position = (int)(index & PositionMask);
            var take = (int)Math.Min(64 - (position & 63), last - index + 1);
            var bits = Present[position >> 6] >> (position & 63);
            if (take < 64)
                bits &= (1UL << take) - 1;
            count += System.Numerics.BitOperations.PopCount(bits);
            index += take;
        }
        return count;
    }
}
