using BenchmarkDotNet.Attributes;
using Dapr.Anomaly.Core.Detection.Lstm;

namespace Dapr.Anomaly.Bench.Kernels;

/// <summary>A window of 60 steps, H = 32, one thread: encode, run, judge, for each of the rows.</summary>
[MemoryDiagnoser]
public class LstmScoring
{
    private LstmScorer _onnx = null!;
    private LstmScorer _managed = null!;
    private LstmRow[] _rows = [];
    private LstmForecast[] _results = [];

    [Params(1, 32, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Train()
    {
        var fitted = LstmTrainer.Fit(LstmWindows.TrainingSet(), new LstmOptions { Windows = 1000, Epochs = 1 }, null, CancellationToken.None);
        _onnx = LstmScorer.Load(fitted.ToOnnx(new Dictionary<string, string>()));
        _managed = LstmScorer.Of(fitted.Network);
        _rows = LstmWindows.Rows(Rows, fitted.Network.Design.Steps);
        _results = new LstmForecast[Rows];
    }

    [Benchmark(Baseline = true)]
    public LstmForecast OnnxRuntime()
    {
        _onnx.Score(_rows, _results);
        return _results[0];
    }

    [Benchmark]
    public LstmForecast Managed()
    {
        _managed.Score(_rows, _results);
        return _results[0];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _onnx.Dispose();
        _managed.Dispose();
    }
}
