using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Core.Windows;

/// <summary>Puts unmanaged values one after another, as they lie in memory. Only for little-endian machines, which all supported ones are.</summary>
internal ref struct SnapshotWriter(Span<byte> target)
{
    private Span<byte> _rest = BitConverter.IsLittleEndian
        ? target
        : throw new PlatformNotSupportedException("snapshots need a little-endian machine");

    internal readonly bool IsFull => _rest.IsEmpty;

    internal void Put<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(_rest, in value);
        _rest = _rest[Unsafe.SizeOf<T>()..];
    }

    internal void Put<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        bytes.CopyTo(_rest);
        _rest = _rest[bytes.Length..];
    }
}

/// <summary>Takes what <see cref="SnapshotWriter"/> put, in the same order.</summary>
internal ref struct SnapshotReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = BitConverter.IsLittleEndian
        ? source
        : throw new PlatformNotSupportedException("snapshots need a little-endian machine");

    internal T Take<T>()
        where T : unmanaged
    {
        var value = MemoryMarshal.Read<T>(_rest);
        _rest = _rest[Unsafe.SizeOf<T>()..];
        return value;
    }

    internal void Take<T>(Span<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        _rest[..bytes.Length].CopyTo(bytes);
        _rest = _rest[bytes.Length..];
    }
}
