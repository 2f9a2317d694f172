using BenchmarkDotNet.Attributes;
using Dapr.Anomaly.Core.Detection.Forest;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Bench.Kernels;

/// <summary>100 trees of 256 rows on 32 features, one thread.</summary>
[MemoryDiagnoser]
public class ForestScoring
{
    private const int Features = 32;

    private readonly double[] _credit = new double[Features];
    private float[] _training = [];
    private float[] _rows = [];
    private float[] _scores = [];
    private ForestScorer _scorer = null!;

    [Params(1, 32, 1024)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Fit()
    {
        var random = new Xoshiro256(1);
        _training = new float[20_000 * Features];
        foreach (ref var value in _training.AsSpan())
            value = (float)random.NextGaussian();
        _scorer = ForestScorer.Load(
            IsolationForest
                .Fit(_training, Features, new())
                .ToOnnx([.. Enumerable.Range(0, Features).Select(i => $"f{i}")], "", new Dictionary<string, string>()),
            ""
        );
        _rows = _training[..(Rows * Features)];
        _scores = new float[Rows];
    }

    [Benchmark(Baseline = true)]
    public void OnnxRuntime() => _scorer.Score(_rows, _scores);

    [Benchmark]
    public void Managed() => _scorer.Forest.Score(_rows, _scores);

    [Benchmark]
    public double ExplainOneRow() => _scorer.Forest.Explain(_rows.AsSpan(0, Features), _credit);

    [Benchmark]
    public FittedForest Train() => IsolationForest.Fit(_training, Features, new());

    [GlobalCleanup]
    public void Dispose() => _scorer.Dispose();
}
