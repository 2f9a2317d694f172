using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Client;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

/// <summary>Whether a set was decoded again is seen by taking its artifact away: then it cannot be.</summary>
public sealed class TrainingSetCacheTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Trainings.Now);
    private readonly TrainingPlan _plan = Trainings.Plan();
    private TestDapr _dapr = null!;
    private DaprClient _client = null!;
    private CollectedData _data = null!;
    private TrainingSetCache _cache = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await TestDapr.StartAsync(_folder.Path);
        _client = await _dapr.ClientAsync();
        var artifacts = new ArtifactStore(_client);
        _data = await Trainings.KeepWavesAsync(artifacts, _plan);
        _cache = new(new TrainingSetLoader(artifacts), _time);
    }

    public async ValueTask DisposeAsync()
    {
        _cache.Dispose();
        _client.Dispose();
        await _dapr.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Get_ByAllMembersAtOnce_IsOneSet()
    {
        var sets = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => GetAsync()));
        Assert.Single(sets.Distinct());
        await ForgetArtifactsAsync();
        Assert.Same(sets[0], await GetAsync());
    }

    [Fact]
    public async Task Drop_AfterTheLastStep_LetsGoOfTheSet()
    {
        await GetAsync();
        await ForgetArtifactsAsync();
        _cache.Drop(_data);
        await Assert.ThrowsAsync<ArtifactException>(GetAsync);
    }

    [Fact]
    public async Task Drop_OfAnotherTraining_KeepsTheSet()
    {
        var set = await GetAsync();
        _cache.Drop(_data with { Digest = "another" });
        Assert.Same(set, await GetAsync());
    }

    [Fact]
    public async Task Get_TenMinutesAfterATrainingThatEndedEarly_FindsNothing()
    {
        await GetAsync();
        await ForgetArtifactsAsync();
        _time.Advance(TimeSpan.FromMinutes(9));
        await GetAsync();
        _time.Advance(TimeSpan.FromMinutes(10));
        await Assert.ThrowsAsync<ArtifactException>(GetAsync);
    }

    [Fact]
    public async Task Get_AnotherTraining_ReplacesTheSet()
    {
        await GetAsync();
        await _cache.GetAsync(_plan, _data with { Digest = "another" }, CancellationToken.None);
        await ForgetArtifactsAsync();
        await Assert.ThrowsAsync<ArtifactException>(GetAsync);
    }

    [Fact]
    public async Task Get_AfterALoadThatFailed_LoadsAnew()
    {
        var chunk = await _client.GetByteStateAsync(StateStores.Default, Chunk);
        await ForgetArtifactsAsync();
        await Assert.ThrowsAsync<ArtifactException>(GetAsync);
        await _client.SaveByteStateAsync(StateStores.Default, Chunk, chunk);
        Assert.Equal(4, (await GetAsync()).Series.Count);
    }

    private string Chunk => $"artifact/{_plan.InstanceId}/fine/0";

    private Task<Core.Ensemble.Training.TrainingSet> GetAsync() => _cache.GetAsync(_plan, _data, CancellationToken.None);

    private Task ForgetArtifactsAsync() => _client.DeleteStateAsync(StateStores.Default, Chunk);
}
