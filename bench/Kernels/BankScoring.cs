using BenchmarkDotNet.Attributes;
using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Bench.Kernels;

/// <summary>One window against a bank of 64, one thread.</summary>
public class BankScoring
{
    private FittedBank _bank = null!;
    private float[] _window = [];

    [Params(16, 48)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Fit()
    {
        var random = new Xoshiro256(1);
        float[] values = [.. Enumerable.Range(0, 4000).Select(i => (float)(40 + 5 * Math.Sin(2 * Math.PI * i / 60) + random.NextGaussian()))];
        _bank = BankTrainer.Fit(new(values, default, "wave"), BankScale.Of(values, default), new(Length));
        _window = new float[Length];
        BankScale.Of(values, default).Apply(values.AsSpan(100, Length), _window);
    }

    [Benchmark]
    public float Score() => _bank.Score(_window);
}
