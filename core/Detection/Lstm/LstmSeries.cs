using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>One series to learn from: values on a fixed grid, in any unit.</summary>
/// <param name="Values">Finite values, oldest first, less a constant where float32 would not hold their digits. What stands at a missing place does
/// not matter.</param>
/// <param name="Missing">True where there is no sample, or one that must not be learned from (a confirmed incident, maintenance); empty when nothing
/// is missing.</param>
/// <param name="Start">Time of the first value.</param>
/// <param name="Kind">What is measured.</param>
/// <param name="Name">Names the series in errors.</param>
public sealed record LstmSeries(ReadOnlyMemory<float> Values, ReadOnlyMemory<bool> Missing, DateTimeOffset Start, SignalKind Kind, string Name)
{
    /// <summary>The sample at <paramref name="index"/> is there and may be learned from.</summary>
    internal bool Has(int index) => Missing.IsEmpty || !Missing.Span[index];

    internal void Validate()
    {
        if (!Missing.IsEmpty && Missing.Length != Values.Length)
            throw new ArgumentException($"series {Name}: the missing mask has {Missing.Length} places, the series {Values.Length}");
        var values = Values.Span;
        for (var i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i]) && Has(i))
                throw new ArgumentException(
                    $"series {Name}: value {i} of {values.Length} is {values[i]}; samples that are not there must be marked missing"
                );
    }
}

/// <summary>Series that share one step; the model learns from all of them at once.</summary>
/// <param name="Step">Time between two values.</param>
public sealed record LstmTrainingSet(IReadOnlyList<LstmSeries> Series, TimeSpan Step);
