using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

public sealed class TrainingSetLoaderTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly SeriesIdentity Cpu = Trainings.Series("a");
    private static readonly SeriesIdentity Dead = Trainings.Series("b");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Load_ServerYoungerThanTheWindow_TheWindowBeginsWithItsFirstSample()
    {
        var values = Values(720, 480);

        var set = await LoadAsync(null, (Cpu, values), (Dead, Values(720, 720)));

        var series = Assert.Single(set.Series);
        Assert.Equal(Cpu.Id, series.Identity.Id);
        Assert.Equal(Start + (480 * Step), series.Fine.Start);
        Assert.Equal(240, series.Fine.Values.Length);
        Assert.Equal(480, series.Fine.Values[0]);
        Assert.Equal(Start + (720 * Step), set.End);
    }

    [Fact]
    public async Task Load_ServerYoungerThanTheCoarseWindow_TheCoarseViewBeginsWithItsFirstSample()
    {
        var coarse = Trainings.Frame(Start.AddDays(-2), TrainingPlan.CoarseStep, (Cpu, Values(600, 200)), (Dead, Values(600, 600)));

        var set = await LoadAsync(coarse, (Cpu, Values(720, 0)), (Dead, Values(720, 0)));

        Assert.Equal([400, 400], set.Series.Select(s => s.Coarse.Values.Length));
        Assert.Equal(Start.AddDays(-2) + (200 * TrainingPlan.CoarseStep), set.From);
        Assert.Equal(200, set.Series.Single(s => s.Identity.Id == Cpu.Id).Coarse.Values[0]);
        Assert.All(set.Series.Single(s => s.Identity.Id == Dead.Id).Coarse.Values, v => Assert.True(double.IsNaN(v)));
    }

    [Fact]
    public async Task Load_NoCoarseViewOfAnything_IsASetWithoutSeasons()
    {
        var set = await LoadAsync(null, (Cpu, Values(720, 0)));
        Assert.All(Assert.Single(set.Series).Coarse.Values, v => Assert.True(double.IsNaN(v)));
        Assert.Equal(TrainingPlan.CoarseStep, set.Series[0].Coarse.Step);
    }

    [Fact]
    public async Task Load_TenMinutesOfHistory_SaysHowMuchIsNeeded()
    {
        var e = await Assert.ThrowsAsync<TrainingException>(() => LoadAsync(null, (Cpu, Values(720, 680))));
        Assert.Equal("the history is too short to learn from: 10 minutes of samples (from http://prometheus), at least 30 are needed", e.Message);
    }

    [Fact]
    public async Task Load_NaNOnly_SaysThatThereIsNothing()
    {
        var e = await Assert.ThrowsAsync<TrainingException>(() => LoadAsync(null, (Dead, [double.NaN, double.NaN])));
        Assert.Contains("no series has a finite value", e.Message);
    }

    [Fact]
    public async Task Load_FrameOfAnotherBuild_IsRefusedWithItsQuery()
    {
        var e = await Assert.ThrowsAsync<TrainingException>(() => LoadBytesAsync("not a frame"u8.ToArray(), null));
        Assert.StartsWith("query cpu: ", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("start the training again", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Ascending values of which the first are missing.</summary>
    private static double[] Values(int count, int missing) => [.. Enumerable.Range(0, count).Select(i => i < missing ? double.NaN : i)];

    private Task<TrainingSet> LoadAsync(byte[]? coarse, params (SeriesIdentity, double[])[] series) =>
        LoadBytesAsync(Trainings.Frame(Start, Step, series), coarse);

    private async Task<TrainingSet> LoadBytesAsync(byte[] fine, byte[]? coarse)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        using var client = await dapr.ClientAsync();
        var artifacts = new ArtifactStore(client);
        var plan = Trainings.Plan();
        var data = await Trainings.KeepAsync(artifacts, plan, fine, coarse, Step);
        return await new TrainingSetLoader(artifacts).LoadAsync(plan, data, CancellationToken.None);
    }
}
