using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Dapr.Anomaly.Core.Detection.Lstm;

namespace Dapr.Anomaly.Bench.Kernels;

/// <summary>One epoch over 10,000 windows of 60 steps, H = 32, with drawing the windows and validation, one thread.</summary>
[SimpleJob(RunStrategy.Monitoring, warmupCount: 2, iterationCount: 5)]
public class LstmTraining
{
    private readonly LstmTrainingSet _set = LstmWindows.TrainingSet();

    [Benchmark]
    public double Epoch() => LstmTrainer.Fit(_set, new LstmOptions { Windows = 10_000, Epochs = 1 }, null, CancellationToken.None).ValidationLoss;
}
