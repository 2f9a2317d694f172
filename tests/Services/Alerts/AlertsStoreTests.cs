using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Services.Tests.Alerts;

/// <summary>The document of the alerts service in a real state store: one writer at a time, and nothing unreadable is lost.</summary>
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
    public async Task Load_OfNothing_IsTheEmptyState() => Assert.Empty((await Create().LoadAsync(CancellationToken.None)).Outbox);

    [Fact]
    public async Task Save_ByTwoWriters_TheSecondHasToLoadAgain()
    {
        var (first, second) = (Create(), Create());
        await first.LoadAsync(CancellationToken.None);
        await second.LoadAsync(CancellationToken.None);
        await first.SaveAsync(Seen(1), CancellationToken.None);
        await first.SaveAsync(Seen(2), CancellationToken.None);

        await Assert.ThrowsAsync<StateConflictException>(() => second.SaveAsync(Seen(3), CancellationToken.None));

        Assert.Equal(At.AddMinutes(2), (await second.LoadAsync(CancellationToken.None)).Tracker.Newest[0].Newest);
        await second.SaveAsync(Seen(4), CancellationToken.None);
        Assert.Equal(At.AddMinutes(4), (await Create().LoadAsync(CancellationToken.None)).Tracker.Newest[0].Newest);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("""{"version":99,"tracker":{"newest":[],"watches":[]},"signals":{},"outbox":[],"recent":[]}""")]
    public async Task Load_OfADocumentThatThisBuildCannotRead_KeepsItAsideAndBeginsAnew(string content)
    {
        await _client.SaveByteStateAsync(StateStores.Default, AlertsState.Key, System.Text.Encoding.UTF8.GetBytes(content));
        var store = Create();

        Assert.Empty((await store.LoadAsync(CancellationToken.None)).Tracker.Newest);

        var aside = await _client.GetByteStateAsync(StateStores.Default, AlertsState.Key + "/unreadable");
        Assert.Equal(content, System.Text.Encoding.UTF8.GetString(aside.Span));
        await store.SaveAsync(Seen(1), CancellationToken.None);
        Assert.Single((await Create().LoadAsync(CancellationToken.None)).Tracker.Newest);
    }

    private AlertsStore Create() => new(_client, NullLogger<AlertsStore>.Instance);

    private static AlertsState Seen(int minutes) =>
        AlertsState.Empty with
        {
            Tracker = new([new SourceTime(new BatchSource(0, 0), At.AddMinutes(minutes))], []),
        };
}
