using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Features of each step: the normalised value (held over gaps), a missing flag, sine and cosine of the time of day, and the signal kind, one of ten.
/// </summary>
internal static class LstmInputs
{
    public const int Count = FirstKind + Kinds;

    private const int Value = 0,
        Missing = 1,
        Sine = 2,
        Cosine = 3,
        FirstKind = 4,
        Kinds = (int)SignalKind.Availability + 1;

    public static IEnumerable<string> Names { get; } =
    ["value", "missing", "sin_day", "cos_day", .. Enum.GetNames<SignalKind>().Select(n => "kind_" + n.ToLowerInvariant())];

    /// <summary>
    /// Writes a window's features; feature f of step t goes to t·<paramref name="stepStride"/> + f·<paramref name="featureStride"/>. Every place is
    /// written.
    /// </summary>
    /// <param name="first">Time of the first value, UTC phase.</param>
    public static void Encode(
        ReadOnlySpan<float> values,
        ReadOnlySpan<bool> missing,
        WindowScale scale,
        DateTimeOffset first,
        TimeSpan step,
        SignalKind kind,
        Span<float> features,
        int stepStride,
        int featureStride
    )
    {
        var (sine, cosine) = Math.SinCos(2 * Math.PI * first.UtcDateTime.TimeOfDay.TotalDays);
        var (turnSine, turnCosine) = Math.SinCos(2 * Math.PI * step.TotalDays);
        var held = 0f;
        for (var t = 0; t < values.Length; t++)
        {
            var absent = !missing.IsEmpty && missing[t];
            if (!absent)
                held = (float)Math.Clamp(scale.Normalise(values[t]), -WindowScale.Limit, WindowScale.Limit);
            var at = t * stepStride;
            features[at + Value * featureStride] = held;
            features[at + Missing * featureStride] = absent ? 1 : 0;
            features[at + Sine * featureStride] = (float)sine;
            features[at + Cosine * featureStride] = (float)cosine;
            for (var k = 0; k < Kinds; k++)
                features[at + (FirstKind + k) * featureStride] = k == (int)kind ? 1 : 0;
            (sine, cosine) = (sine * turnCosine + cosine * turnSine, cosine * turnCosine - sine * turnSine);
        }
    }
}
