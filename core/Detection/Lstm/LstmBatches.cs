namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>Puts windows of a training set into the columns of a pass and their normalised targets beside them.</summary>
internal sealed class LstmBatches(LstmTrainingSet set, double[] longRunScales, LstmDesign design)
{
    private readonly double[] _scratch = new double[design.Steps];

    public LstmDesign Design => design;

    /// <summary>Fills the first columns; targets are [horizon][pass.Batch].</summary>
    public void Fill(ReadOnlySpan<LstmWindow> windows, LstmPass<float> pass, Span<float> targets)
    {
        for (var b = 0; b < windows.Length; b++)
        {
            var (index, target) = windows[b];
            var series = set.Series[index];
            var from = target - design.Steps;
            var values = series.Values.Span.Slice(from, design.Steps);
            var missing = series.Missing.IsEmpty ? default : series.Missing.Span.Slice(from, design.Steps);
            var scale = WindowScale.Of(values, missing, longRunScales[index], design.ScaleFloor, _scratch);
            LstmInputs.Encode(
                values,
                missing,
                scale,
                series.Start + from * set.Step,
                set.Step,
                series.Kind,
                pass.Inputs[b..],
                pass.StepStride,
                pass.Batch
            );
            for (var h = 0; h < design.Horizons; h++)
                targets[h * pass.Batch + b] = (float)
                    Math.Clamp(scale.Normalise(series.Values.Span[target + h]), -WindowScale.Limit, WindowScale.Limit);
        }
    }
}
