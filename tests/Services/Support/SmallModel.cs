using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Tests.Ensemble.Training;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Services.Tests.Support;

[assembly: AssemblyFixture(typeof(SmallModel))]

namespace Dapr.Anomaly.Services.Tests.Support;

/// <summary>A model of thirteen synthetic series, trained once for all tests, and the samples that it was trained on.</summary>
public sealed class SmallModel
{
    private readonly TrainingSet _set = SyntheticCluster.Set();

    public SmallModel() => Bundle = SyntheticCluster.Train(_set);

    public ModelBundle Bundle { get; }

    public IReadOnlyList<TrainingSeries> Series => _set.Series;

    public TimeSpan Step => _set.Step;

    /// <summary>One step after the last sample.</summary>
    public DateTimeOffset End => _set.End;

    /// <summary>Makes the bundle the champion of the registry in a folder, as the next version.</summary>
    /// <returns>The version.</returns>
    public async Task<string> DeployAsync(string registryFolder, string key = "small")
    {
        var registry = new LocalRegistry(registryFolder, TimeProvider.System);
        var run = await registry.StartRunAsync(new("tests", key, key, End, new Dictionary<string, string>(), null), CancellationToken.None);
        var version = await registry.RegisterAsync(
            new(
                ModelAliases.Model,
                run,
                Bundle.Sha256,
                "",
                Bundle.ToFiles(),
                new Dictionary<string, string>(),
                new Dictionary<string, double>(),
                "lstm.onnx"
            ),
            CancellationToken.None
        );
        await registry.SetAliasAsync(ModelAliases.Model, ModelAliases.Champion, version.Version, CancellationToken.None);
        return version.Version;
    }

    /// <summary>The last samples that the model was trained on, as the collector would have published them, with the last one of some series multiplied.</summary>
    public MetricBatch Batch(int columns, Func<int, double>? factor = null, Func<int, DetectionRule>? rule = null)
    {
        WatchedSeries[] watched = [.. Series.Select((s, i) => new WatchedSeries(s.Identity, rule?.Invoke(i) ?? DetectionRule.Any))];
        var values = new double[watched.Length * columns];
        for (var i = 0; i < watched.Length; i++)
        {
            var row = values.AsSpan(i * columns, columns);
            Series[i].Fine.Values.AsSpan()[^columns..].CopyTo(row);
            row[^1] *= factor?.Invoke(i) ?? 1;
        }
        return new(0, 0, new SampleTable(End - (columns * Step), Step, columns, watched, values));
    }
}
