using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dapr.Anomaly.Core.Windows;

/// <summary>One bit for each of the 256 steps of the fine ring: set when the step has a value.</summary>
[InlineArray(Words)]
internal struct StepMask
{
    internal const int Words = FineRing.Capacity / 64;

    private ulong _word;

    internal readonly bool Has(int position) => (this[position >> 6] >> (position & 63) & 1) != 0;

    internal void Set(int position) => this[position >> 6] |= 1UL << (position & 63);

    internal void Clear(int position) => this[position >> 6] &= ~(1UL << (position & 63));

    internal readonly int Count =>
        BitOperations.PopCount(this[0]) + BitOperations.PopCount(this[1]) + BitOperations.PopCount(this[2]) + BitOperations.PopCount(this[3]);
}
