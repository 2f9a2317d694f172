using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>The LSTM of all series, on the fine samples before the cut.</summary>
internal static class LstmTraining
{
    /// <summary>The sampler takes the clock of each series as it is only when it has seen every hour of the day.</summary>
    private static readonly TimeSpan SpanThatKnowsTheDay = TimeSpan.FromDays(2);

    public static LstmTrainingSet Input(TrainingSet set, ulong seed)
    {
        var random = new Xoshiro256(seed);
        List<LstmSeries> series = [];
        foreach (var one in set.Series)
        {
            var grid = one.Fine.Before(set.FitUntil);
            // From half a day, the network would take morning for a law: each series gets a random clock, so that the hour tells nothing.
            var shift = grid.Values.Length * grid.Step < SpanThatKnowsTheDay ? TimeSpan.FromMinutes(random.Next(24 * 60)) : TimeSpan.Zero;
            series.Add(new(Floats(grid.Values), Missing(grid.Values), grid.Start + shift, one.Identity.Kind, one.Identity.ToString()));
        }
        return new(series, set.Step);
    }

    internal static float[] Floats(double[] values) => Array.ConvertAll(values, v => double.IsNaN(v) ? 0 : (float)v);

    internal static bool[] Missing(double[] values) => Array.ConvertAll(values, double.IsNaN);
}
