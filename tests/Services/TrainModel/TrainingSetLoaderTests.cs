using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Services.Tests.TrainModel;

public sealed class TrainingSetLoaderTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly SeriesIdentity Cpu = new("cpu", SignalKind.Cpu, "cores", new([new("workload", "a")]));
    private static readonly SeriesIdentity Dead = new("cpu", SignalKind.Cpu, "cores", new([new("workload", "b")]));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Load_ServerYoungerThanTheWindow_TheWindowBeginsWithItsFirstSample()
    {
        var values = Enumerable.Range(0, 720).Select(i => i < 480 ? double.NaN : i).ToArray();

        var set = await LoadAsync((Cpu, values), (Dead, [.. values.Select(_ => double.NaN)]));

        var series = Assert.Single(set.Series);
        Assert.Equal(Cpu.Id, series.Identity.Id);
        Assert.Equal(Start + (480 * Step), series.Fine.Start);
        Assert.Equal(240, series.Fine.Values.Length);
        Assert.Equal(480, series.Fine.Values[0]);
        Assert.Equal(Start + (720 * Step), set.End);
    }

    [Fact]
    public async Task Load_TenMinutesOfHistory_SaysHowMuchIsNeeded()
    {
        var values = Enumerable.Range(0, 720).Select(i => i < 680 ? double.NaN : i).ToArray();
        var e = await Assert.ThrowsAsync<TrainingException>(() => LoadAsync((Cpu, values)));
        Assert.Equal("the history is too short to learn from: 10 minutes of samples (from http://prometheus), at least 30 are needed", e.Message);
    }

    [Fact]
    public async Task Load_NaNOnly_SaysThatThereIsNothing()
    {
        var e = await Assert.ThrowsAsync<TrainingException>(() => LoadAsync((Dead, [double.NaN, double.NaN])));
        Assert.Contains("no series has a finite value", e.Message);
    }

    private async Task<Core.Ensemble.Training.TrainingSet> LoadAsync(params (SeriesIdentity Series, double[] Values)[] series)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        using var client = await dapr.ClientAsync();
        var artifacts = new ArtifactStore(client);
        var fine = new SampleTable(
            Start,
            Step,
            series[0].Values.Length,
            [.. series.Select(s => new WatchedSeries(s.Series, DetectionRule.Any))],
            [.. series.SelectMany(s => s.Values)]
        );
        var calendar = new SampleTable(Start, TimeSpan.FromMinutes(5), 1, [], []);
        CollectedData data = new(
            "http://prometheus",
            Step,
            [
                new("cpu", false, await artifacts.SaveAsync("fine", SampleTableWire.ToBytes(fine), CancellationToken.None)),
                new("cpu", true, await artifacts.SaveAsync("calendar", SampleTableWire.ToBytes(calendar), CancellationToken.None)),
            ],
            series.Length,
            0,
            [],
            "",
            0
        );
        return await new TrainingSetLoader(artifacts).LoadAsync(data, CancellationToken.None);
    }
}
