using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

internal static class LstmSeriesFactory
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    /// <summary>Two sines (periods 24 and 7.3 steps) and a little noise, in an arbitrary unit.</summary>
    public static LstmSeries TwoSines(int length, ulong seed, double level = 50, double size = 10)
    {
        var random = new Xoshiro256(seed);
        var phase = random.NextDouble() * 24;
        var values = new float[length];
        for (var i = 0; i < length; i++)
            values[i] = (float)(
                level
                + size * (Math.Sin(2 * Math.PI * (i + phase) / 24) + 0.5 * Math.Sin(2 * Math.PI * (i + phase) / 7.3) + 0.05 * random.NextGaussian())
            );
        return new(values, default, Start, SignalKind.Cpu, $"sines {seed}");
    }

    public static LstmTrainingSet Set(params LstmSeries[] series) => new(series, Step);

    public static LstmOptions Small =>
        new()
        {
            Steps = 32,
            Hidden = 16,
            Windows = 4000,
            Epochs = 10,
            Seed = 3,
        };
}
