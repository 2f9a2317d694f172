using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>A window to forecast from and the sample that followed it.</summary>
/// <param name="Inputs">The <see cref="LstmDesign.Steps"/> values before the sample, oldest first, in the series' unit less
/// <paramref name="Offset"/>; what stands at a missing place does not matter.</param>
/// <param name="Missing">True where there is no sample; empty when nothing is missing.</param>
/// <param name="First">Time of the first input.</param>
/// <param name="Actual">The sample to be judged, in the series' unit (without the offset taken away).</param>
/// <param name="Kind">What is measured.</param>
/// <param name="LongRunScale">See <see cref="WindowScale.LongRun"/>; 0 when not known yet.</param>
/// <param name="Offset">What was taken from the inputs so that float32 holds them; 0 when nothing was.</param>
public readonly record struct LstmRow(
    ReadOnlyMemory<float> Inputs,
    ReadOnlyMemory<bool> Missing,
    DateTimeOffset First,
    double Actual,
    SignalKind Kind,
    double LongRunScale,
    double Offset
);
