using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>
/// Real windows of normal behaviour, in units of the series' scale. A window's score is the mean distance to its three nearest, by √length.
/// Immutable.
/// </summary>
/// <remarks>Memory-bank nearest neighbours with amplitude kept; entries·length multiply-adds a window.</remarks>
public sealed class FittedBank
{
    /// <summary>Nearest entries that are averaged.</summary>
    public const int Neighbours = 3;

    private readonly float[] _entries;
    private readonly float _perStep;

    /// <param name="entries">[entry][step], scaled.</param>
    internal FittedBank(float[] entries, int length)
    {
        if (length <= 0 || entries.Length % length != 0 || entries.Length / length < Neighbours)
            throw new ArgumentException($"{entries.Length} values are not {Neighbours} or more windows of {length}", nameof(entries));
        (_entries, Length) = (entries, length);
        _perStep = 1 / MathF.Sqrt(length);
    }

    public int Length { get; }

    public int Count => _entries.Length / Length;

    /// <summary>[entry][step].</summary>
    public ReadOnlySpan<float> Entries => _entries;

    /// <summary>Distance of a window (scaled by <see cref="BankScale"/>, <see cref="Length"/> steps) to normal, 0 or more.</summary>
    /// <exception cref="ArgumentException">The window has another length or a value that is not finite.</exception>
    public float Score(ReadOnlySpan<float> window)
    {
        if (window.Length != Length)
            throw new ArgumentException($"a window of this bank has {Length} steps, {window.Length} were given", nameof(window));
        var nearest = new Nearest();
        for (var at = 0; at < _entries.Length; at += Length)
            nearest.Add(TensorPrimitives.Distance(window, _entries.AsSpan(at, Length)));
        var score = nearest.Mean * _perStep;
        return float.IsFinite(score)
            ? score
            : throw new ArgumentException("a window has a value that is not finite; windows with missing samples are not scored", nameof(window));
    }
}
