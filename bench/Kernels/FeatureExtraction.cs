using BenchmarkDotNet.Attributes;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Bench.Kernels;

/// <summary>
/// One sample into a warm window of 15-second steps with a week of history, and its row of features; the refresh of each 16th sample is shared out.
/// </summary>
[MemoryDiagnoser]
public class FeatureExtraction
{
    private const int Batch = 4096;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly double[] _values = new double[Batch];
    private readonly float[] _row = new float[FeatureSchema.Current.Count];
    private SeriesWindow _window = null!;
    private int _step;

    [GlobalSetup]
    public void Warm()
    {
        var random = new Xoshiro256(1);
        for (var i = 0; i < Batch; i++)
            _values[i] = 40 + 5 * Math.Sin(2 * Math.PI * i / 240.0) + random.NextGaussian();
        _window = new(TimeSpan.FromSeconds(15));
        _window.LoadHistory([
            .. Enumerable.Range(0, 7 * 96).Select(i => new Sample(Start.AddMinutes(15 * (i - 7 * 96)), 40 + random.NextGaussian())),
        ]);
        Append();
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Append()
    {
        for (var i = 0; i < Batch; i++)
            _window.Append(new(Start.AddSeconds(15L * _step++), _values[i]));
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void AppendAndExtract()
    {
        for (var i = 0; i < Batch; i++)
        {
            _window.Append(new(Start.AddSeconds(15L * _step++), _values[i]));
            FeatureExtractor.Extract(_window, _row);
        }
    }
}
