namespace Dapr.Anomaly.Core.Windows;

/// <summary>
/// Means of 15 minutes over the last 7 days and one slot more, float32 relative to the window's offset. Slots lie on UTC quarters of an hour; slot
/// number = ticks / 15 min. Holds only finished slots: the running one is summed beside it.
/// </summary>
internal struct CoarseRing()
{
    internal const int Capacity = 7 * SlotsPerDay + 1;
    internal const int SlotsPerDay = 96;
    internal const int MaskWords = (Capacity + 63) / 64;

    internal static readonly TimeSpan Slot = TimeSpan.FromMinutes(15);

    internal readonly float[] Means = new float[Capacity];
    internal readonly ulong[] Present = new ulong[MaskWords];

    /// <summary>Newest finished slot, or −1.</summary>
    internal long Newest = -1;

    internal static long SlotOf(DateTimeOffset timestamp) => timestamp.UtcTicks / TimeSpan.TicksPerMinute / 15;

    internal readonly bool TryGet(long slot, out float mean)
    {
        var position = (int)(slot % Capacity);
        var known = slot <= Newest && slot > Newest - Capacity && slot >= 0 && (Present[position >> 6] >> (position & 63) & 1) != 0;
        mean = known ? Means[position] : 0;
        return known;
    }

    /// <summary>Moves the end of the ring to <paramref name="slot"/>; slots passed over are missing.</summary>
    internal void AdvanceTo(long slot)
    {
        if (slot <= Newest)
            return;
        for (var missing = Math.Max(Newest + 1, slot - Capacity + 1); missing <= slot; missing++)
            Clear(missing);
        Newest = slot;
    }

    /// <summary>Moves the end of the ring back to <paramref name="slot"/>; what was newer is missing.</summary>
    internal void RewindTo(long slot)
    {
        if (slot >= Newest)
            return;
        for (var gone = Math.Max(slot + 1, Newest - Capacity + 1); gone <= Newest; gone++)
            Clear(gone);
        Newest = Math.Max(slot, -1);
    }

    /// <summary>Sets a slot that is not newer than <see cref="Newest"/> nor fallen out of the ring.</summary>
    internal readonly void Set(long slot, float mean)
    {
        var position = (int)(slot % Capacity);
        Means[position] = mean;
        Present[position >> 6] |= 1UL << (position & 63);
    }

    private readonly void Clear(long slot)
    {
        var position = (int)(slot % Capacity);
        Present[position >> 6] &= ~(1UL << (position & 63));
    }

    /// <summary>Copies the known means of the slots [<paramref name="first"/>, <paramref name="last"/>]; returns how many.</summary>
    internal readonly int CopyPresent(long first, long last, Span<double> target)
    {
        var count = 0;
        for (var slot = first; slot <= last; slot++)
            if (TryGet(slot, out var mean))
                target[count++] = mean;
        return count;
    }
}
