using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Bench.Kernels;

/// <summary>Forty series of two sines and noise, two days at one minute.</summary>
internal static class LstmWindows
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static LstmTrainingSet TrainingSet()
    {
        var random = new Xoshiro256(1);
        return new([.. Enumerable.Range(0, 40).Select(s => Series(random, s))], TimeSpan.FromMinutes(1));
    }

    public static LstmRow[] Rows(int count, int steps)
    {
        var series = Series(new Xoshiro256(2), 0);
        var scale = WindowScale.LongRun(series.Values.Span, default);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new LstmRow(
                    series.Values.Slice(i, steps),
                    default,
                    Start.AddMinutes(i),
                    series.Values.Span[i + steps],
                    SignalKind.Cpu,
                    scale,
                    0
                )),
        ];
    }

    private static LstmSeries Series(Xoshiro256 random, int index)
    {
        var period = 20 + 20 * random.NextDouble();
        var values = new float[2880];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(50 + 10 * Math.Sin(2 * Math.PI * i / period) + 5 * Math.Sin(2 * Math.PI * i / 7.3) + 0.5 * random.NextGaussian());
        return new(values, default, Start, (SignalKind)(index % 10), $"series {index}");
    }
}
