using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Ensemble.Training;

/// <summary>A dozen daily-periodic series with correlated noise, and one that never moves.</summary>
internal static class SyntheticCluster
{
    private static readonly DateTimeOffset End = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);
    private static readonly SignalKind[] Kinds = [SignalKind.Cpu, SignalKind.Latency, SignalKind.Traffic];

    public static readonly EnsembleOptions Options = new()
    {
        Seed = 7,
        Lstm = new LstmOptions
        {
            Windows = 1500,
            Epochs = 2,
            Hidden = 8,
        },
    };

    /// <summary>The index of the constant series.</summary>
    public const int Constant = 12;

    public static TrainingSet Set(Action<int, double[], double[]>? change = null)
    {
        var series = new TrainingSeries[Constant + 1];
        for (var i = 0; i < series.Length; i++)
        {
            var random = new Xoshiro256((ulong)(i + 1));
            var phase = random.NextDouble();
            var coarse = Values(8 * 288, End.AddDays(-8), TimeSpan.FromMinutes(5), i, phase, random);
            var fine = Values(6 * 240, End.AddHours(-6), TimeSpan.FromSeconds(15), i, phase, random);
            change?.Invoke(i, coarse, fine);
            series[i] = new(
                new(
                    i == Constant ? "replicas" : "metric",
                    i == Constant ? SignalKind.Availability : Kinds[i % 3],
                    "unit",
                    new([new("namespace", "shop"), new("workload", $"w{i}")])
                ),
                new(End.AddDays(-8), TimeSpan.FromMinutes(5), coarse),
                new(End.AddHours(-6), TimeSpan.FromSeconds(15), fine)
            );
        }
        return new(series);
    }

    public static Dictionary<string, byte[]> Members(TrainingSet set)
    {
        var files = new Dictionary<string, byte[]>(
            EnsembleTraining.FitForests(EnsembleTraining.ForestRows(set, CancellationToken.None), Options, CancellationToken.None)
        )
        {
            [EnsembleFiles.Lstm] = EnsembleTraining.FitLstm(set, Options, null, CancellationToken.None).File,
            [EnsembleFiles.Seasonal] = EnsembleTraining.FitSeasonal(set, Options, CancellationToken.None)!,
        };
        files[EnsembleFiles.Bank] = EnsembleTraining.FitBanks(set, files[EnsembleFiles.Seasonal], Options, CancellationToken.None)!;
        return files;
    }

    public static ModelBundle Train(TrainingSet set, params IEnumerable<string> without)
    {
        var files = Members(set);
        foreach (var name in without)
            files.Remove(name);
        foreach (var (name, content) in EnsembleTraining.Calibrate(set, files, CancellationToken.None))
            files[name] = content;
        return EnsembleTraining.Bundle(set, files, Options);
    }

    private static double[] Values(int count, DateTimeOffset start, TimeSpan step, int index, double phase, Xoshiro256 random)
    {
        var noise = 0.0;
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            noise = 0.7 * noise + 0.05 * random.NextGaussian();
            var days = (start + i * step - DateTimeOffset.UnixEpoch).TotalDays;
            values[i] = index == Constant ? 3 : (index + 1) * (1 + 0.3 * Math.Sin(2 * Math.PI * (days + phase)) + noise);
        }
        return values;
    }
}

/// <summary>One trained bundle for all tests of the scorer.</summary>
public sealed class TrainedEnsemble : IDisposable
{
    public TrainedEnsemble()
    {
        Set = SyntheticCluster.Set();
        Bundle = SyntheticCluster.Train(Set);
        Scorer = EnsembleScorer.Load(Bundle);
    }

    public TrainingSet Set { get; }

    public ModelBundle Bundle { get; }

    public EnsembleScorer Scorer { get; }

    /// <summary>Rows of the untouched last part of a series, optionally with other values.</summary>
    public List<ScoreRow> Rows(int index, double[]? values = null)
    {
        var series = Set.Series[index];
        return RowReplay.Rows(
            series.Identity,
            series.Coarse,
            values is null ? series.Fine : series.Fine with { Values = values },
            Set.CalibrateUntil,
            Set.End,
            1
        );
    }

    public void Dispose() => Scorer.Dispose();
}
