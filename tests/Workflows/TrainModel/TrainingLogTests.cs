using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Client;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

public sealed class TrainingLogTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDapr _dapr = null!;
    private DaprClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await TestDapr.StartAsync(_folder.Path);
        _client = await _dapr.ClientAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _dapr.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Read_NothingWritten_IsEmpty() => Assert.Equal(TrainingLogState.Empty, await Log.ReadAsync(CancellationToken.None));

    [Fact]
    public async Task Began_OlderTrainingThatStartsItsFirstStepAgain_IsNotTheNewest()
    {
        await Log.BeganAsync(Trainings.Plan("old"), CancellationToken.None);
        await Log.BeganAsync(Trainings.Plan("new") with { To = Trainings.Now.AddMinutes(1) }, CancellationToken.None);
        await Log.BeganAsync(Trainings.Plan("old"), CancellationToken.None);
        Assert.Equal("new", (await Log.ReadAsync(CancellationToken.None)).Latest);
    }

    [Fact]
    public async Task Completed_OfAScheduler_CountsForItAndForAll()
    {
        await Log.CompletedAsync(Trainings.Plan(scheduler: "daily"), Trainings.Now, CancellationToken.None);
        await Log.CompletedAsync(Trainings.Plan(), Trainings.Now.AddHours(2), CancellationToken.None);
        await Log.CompletedAsync(Trainings.Plan(), Trainings.Now.AddHours(1), CancellationToken.None);

        var state = await Log.ReadAsync(CancellationToken.None);

        Assert.Equal(Trainings.Now, state.Of("daily").Completed);
        Assert.Equal(Trainings.Now.AddHours(2), state.Completed);
        Assert.Equal(SchedulerLog.Nothing, state.Of("weekly"));
    }

    [Fact]
    public async Task Adopt_TrainingOfOthers_IsKeptAlthoughTheirLastMovesOn()
    {
        await Log.AdoptAsync("weekly", Trainings.Now, CancellationToken.None);
        await Log.AdoptAsync("weekly", Trainings.Now.AddDays(1), CancellationToken.None);
        Assert.Equal(Trainings.Now, (await Log.ReadAsync(CancellationToken.None)).Of("weekly").Completed);
    }

    [Fact]
    public async Task Changes_ByManyAtOnce_AreAllKept()
    {
        var names = Enumerable.Range(0, 6).Select(i => $"scheduler-{i}").ToArray();
        await Task.WhenAll(names.Select(n => new TrainingLog(_client).AttemptedAsync(n, $"train-{n}", CancellationToken.None)));
        var state = await Log.ReadAsync(CancellationToken.None);
        Assert.Equal(names, state.Schedulers.Keys.Order());
        Assert.All(names, n => Assert.Equal($"train-{n}", state.Of(n).Attempt));
    }

    private TrainingLog Log => new(_client);
}
