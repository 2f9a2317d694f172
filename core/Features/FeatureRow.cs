namespace Dapr.Anomaly.Core.Features;

/// <summary>A row being filled: clips each value to its bounds, puts the neutral value where one is missing, and remembers which.</summary>
internal ref struct FeatureRow(Span<float> features, FeatureDefinition[] definitions)
{
    private readonly Span<float> _features = features;
    private ulong _missing;

    internal void Set(Feature feature, double value, bool known)
    {
        var definition = definitions[(int)feature];
        if (known)
        {
            _features[(int)feature] = Math.Clamp((float)value, definition.Minimum, definition.Maximum);
            return;
        }
        _features[(int)feature] = definition.Neutral;
        _missing |= 1UL << (int)feature;
    }

    internal readonly FeatureQuality Finish() => new(_missing, _features.Length);
}
