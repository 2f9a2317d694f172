using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Services.Tests.Alerts;

/// <summary>The records of the alerts service in a real state store: one writer at a time, crashes between writes, nothing unreadable lost.</summary>
public sealed class AlertsStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

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
    public async Task Load_OfNothing_IsEmpty() => Assert.Empty((await LoadAsync()).Incidents);

    [Fact]
    public async Task Records_ComeBackAsTheyWereSaved_AndThoseThatAreOverAreGone()
    {
        var store = Create();
        await store.LoadAsync(CancellationToken.None);
        var (one, two) = (Record("shop/one"), Record("shop/two"));
        await store.SaveAsync(
            Index(one, two),
            new([(one.Watch.Workload, one), (two.Watch.Workload, two)], [Told(one), Told(two)]),
            CancellationToken.None
        );

        var content = await LoadAsync();
        Assert.Equal(["shop/one", "shop/two"], content.Workloads.Select(w => w.Watch.Workload).Order());
        Assert.Equal(["shop/one", "shop/two"], content.Incidents.Select(i => i.Incident.Workload).Order());
        Assert.Equal("slack", Assert.Single(content.Incidents[0].Deliveries).Route);

        await store.SaveAsync(Index(two), new([(one.Watch.Workload, null)], [(one.Watch.Incident!.Id, null)]), CancellationToken.None);
        Assert.Equal(["shop/two"], (await LoadAsync()).Workloads.Select(w => w.Watch.Workload));
        Assert.True((await _client.GetByteStateAsync(StateStores.Default, WorkloadRecord.KeyOf("shop/one"))).IsEmpty);
    }

    /// <summary>The record of an incident is written before the index that names it.</summary>
    [Fact]
    public async Task Crash_BeforeTheIndexIsWritten_LosesNoIncidentThatItsWorkloadKnows()
    {
        var store = Create();
        await store.LoadAsync(CancellationToken.None);
        var watched = Record("shop/one") with { Watch = Record("shop/one").Watch with { Incident = null } };
        await store.SaveAsync(Index(watched), new([("shop/one", watched)], []), CancellationToken.None);
        var open = Record("shop/one");
        await SaveAsync(WorkloadRecord.KeyOf("shop/one"), open);
        await SaveAsync(IncidentRecord.KeyOf(open.Watch.Incident!.Id), Told(open).Item2!);

        Assert.Equal(open.Watch.Incident.Id, Assert.Single((await LoadAsync()).Incidents).Incident.Id);
    }

    [Fact]
    public async Task Save_ByTwoWriters_TheSecondHasToLoadAgain()
    {
        var (first, second) = (Create(), Create());
        await first.LoadAsync(CancellationToken.None);
        await second.LoadAsync(CancellationToken.None);
        await first.SaveAsync(Seen(1), new([], []), CancellationToken.None);
        await first.SaveAsync(Seen(2), new([], []), CancellationToken.None);

        await Assert.ThrowsAsync<StateConflictException>(() => second.SaveAsync(Seen(3), new([], []), CancellationToken.None));

        Assert.Equal(At.AddMinutes(2), (await second.LoadAsync(CancellationToken.None)).Index.Newest[0].Newest);
        await second.SaveAsync(Seen(4), new([], []), CancellationToken.None);
        Assert.Equal(At.AddMinutes(4), (await LoadAsync()).Index.Newest[0].Newest);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("""{"version":99}""")]
    public async Task Record_ThatThisBuildCannotRead_IsKeptAside_AndTheOthersGoOn(string content)
    {
        var store = Create();
        await store.LoadAsync(CancellationToken.None);
        var (one, two) = (Record("shop/one"), Record("shop/two"));
        await store.SaveAsync(
            Index(one, two),
            new([(one.Watch.Workload, one), (two.Watch.Workload, two)], [Told(one), Told(two)]),
            CancellationToken.None
        );
        foreach (var key in (string[])[WorkloadRecord.KeyOf("shop/one"), IncidentRecord.KeyOf(one.Watch.Incident!.Id)])
            await _client.SaveByteStateAsync(StateStores.Default, key, Encoding.UTF8.GetBytes(content));

        var loaded = await LoadAsync();
        Assert.Equal("shop/two", Assert.Single(loaded.Workloads).Watch.Workload);
        Assert.Equal("shop/two", Assert.Single(loaded.Incidents).Incident.Workload);
        var aside = await _client.GetByteStateAsync(StateStores.Default, WorkloadRecord.KeyOf("shop/one") + "/unreadable");
        Assert.Equal(content, Encoding.UTF8.GetString(aside.Span));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("""{"version":99,"newest":[],"workloads":[],"incidents":[],"budget":{"sent":{"byTeam":{}},"heldBack":[]}}""")]
    public async Task Index_ThatThisBuildCannotRead_IsKeptAside_AndTheServiceBeginsAnew(string content)
    {
        await _client.SaveByteStateAsync(StateStores.Default, AlertsIndex.Key, Encoding.UTF8.GetBytes(content));
        var store = Create();
        Assert.Empty((await store.LoadAsync(CancellationToken.None)).Workloads);
        var aside = await _client.GetByteStateAsync(StateStores.Default, AlertsIndex.Key + "/unreadable");
        Assert.Equal(content, Encoding.UTF8.GetString(aside.Span));
        await store.SaveAsync(Seen(1), new([], []), CancellationToken.None);
        Assert.Single((await LoadAsync()).Index.Newest);
    }

    [Fact]
    public async Task Document_OfAnOlderBuild_IsTakenApart()
    {
        var record = Record("shop/one");
        var (_, incident) = Told(record);
        AlertsStateV1 old = new(
            1,
            new([new SourceTime(new BatchSource(0, 0), At)], [record.Watch]),
            record.Signals.ToDictionary(s => s.Series.Id),
            [new("pagerduty", incident!.Incident)],
            [incident.Incident]
        );
        await SaveAsync(AlertsStateV1.Key, old);

        await LoadAsync();
        Assert.True((await _client.GetByteStateAsync(StateStores.Default, AlertsStateV1.Key)).IsEmpty);
        var content = await LoadAsync();
        Assert.Equal(At, Assert.Single(content.Index.Newest).Newest);
        Assert.Single(Assert.Single(content.Workloads).Signals);
        Assert.Equal("pagerduty", Assert.Single(Assert.Single(content.Incidents).Deliveries).Route);
    }

    private AlertsStore Create() => new(_client, NullLogger<AlertsStore>.Instance);

    private Task<AlertsContent> LoadAsync() => Create().LoadAsync(CancellationToken.None);

    private Task SaveAsync<T>(string key, T value) =>
        _client.SaveByteStateAsync(StateStores.Default, key, JsonSerializer.SerializeToUtf8Bytes(value, MessageJson.Options));

    private static AlertsIndex Seen(int minutes) =>
        AlertsIndex.Empty with
        {
            Newest = [new SourceTime(new BatchSource(0, 0), At.AddMinutes(minutes))],
        };

    private static AlertsIndex Index(params WorkloadRecord[] records) =>
        AlertsIndex.Empty with
        {
            Workloads = [.. records.Select(r => r.Watch.Workload)],
            Incidents = [.. records.Select(r => r.Watch.Incident?.Id).OfType<string>()],
        };

    private static WorkloadRecord Record(string workload)
    {
        var anomaly = TestAnomalies.Of(workload, At, 3);
        Incident incident = new($"{workload}@1", workload, At, At, At, [new(anomaly.Series.Id, 3, At)]);
        return new(WorkloadRecord.CurrentVersion, new(workload, incident, [new(At, [new(anomaly.Series.Id, 3)])]), [anomaly]);
    }

    private static (string, IncidentRecord?) Told(WorkloadRecord record)
    {
        var incident = record.Watch.Incident!;
        IncidentV1 told = new(incident.Id, IncidentPhase.Opened, incident.Workload, "odd", At, At, null, 3, [], []);
        return (incident.Id, new(IncidentRecord.CurrentVersion, told, [new("slack", told)]));
    }
}
