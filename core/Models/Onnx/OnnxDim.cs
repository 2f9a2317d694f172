namespace Dapr.Anomaly.Core.Models.Onnx;

/// <summary>
/// One dimension of a tensor's shape: a fixed size (converts from a number), or a name for a size known only at run time (converts from a string,
/// <c>"N"</c>).
/// </summary>
public readonly record struct OnnxDim
{
    private OnnxDim(long size, string? symbol) => (Size, Symbol) = (size, symbol);

    /// <summary>The size, or -1 when the dimension is symbolic.</summary>
    public long Size { get; }

    public string? Symbol { get; }

    public static implicit operator OnnxDim(long size) =>
        size >= 0
            ? new(size, null)
            : throw new ArgumentOutOfRangeException(nameof(size), size, "a fixed dimension is 0 or more; give a name for a dynamic one");

    public static implicit operator OnnxDim(string symbol) => new(-1, symbol);
}
