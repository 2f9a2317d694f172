using System.Text.Json;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Configuration;

public sealed class ConfigurationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DaprClient_SubscriptionOverGrpc_HearsAChangedFileUntilItUnsubscribes()
    {
        await using var sidecar = await StartAsync([Component("c", "configuration.in-memory", ("limit", "1||v1"), ("other", "x"))], Token);
        using var client = sidecar.Client();
        var read = await client.GetConfiguration("c", ["limit"], cancellationToken: Token);
        Assert.Equal(("1", "v1"), (read.Items["limit"].Value, read.Items["limit"].Version));

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var subscription = await client.SubscribeConfiguration("c", ["limit"], cancellationToken: ended.Token);
        var changes = subscription.Source.GetAsyncEnumerator(ended.Token);
        // The first message has the id alone; only then is the subscription in place.
        Assert.True(await changes.MoveNextAsync());
        Assert.Empty(changes.Current);
        await sidecar.WriteResourceAsync("00.yaml", Component("c", "configuration.in-memory", ("limit", "2||v2"), ("other", "x")), Token);
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.Equal(("2", "v2"), (changes.Current["limit"].Value, changes.Current["limit"].Version));
        Assert.True((await client.UnsubscribeConfiguration("c", subscription.Id, Token)).Ok);
        Assert.False((await client.UnsubscribeConfiguration("c", subscription.Id, Token)).Ok);
        await ended.CancelAsync();
    }

    [Fact]
    public async Task Stop_WithAnOpenSubscription_EndsTheStreamAtOnce()
    {
        var sidecar = await StartAsync(
            [Component("c", "configuration.in-memory", ("a", "1"))],
            Token,
            options => options with { GracefulShutdown = TimeSpan.FromSeconds(60) }
        );
        using var client = sidecar.Client();
        var subscription = await client.SubscribeConfiguration("c", ["a"], cancellationToken: Token);
        var changes = subscription.Source.GetAsyncEnumerator(Token);
        Assert.True(await changes.MoveNextAsync());
        var end = changes.MoveNextAsync().AsTask();
        await sidecar.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.False(await end.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task Http_SubscribedKey_IsPostedToTheApp()
    {
        await using var app = await TestApp.StartAsync(Token);
        await using var sidecar = await StartAsync(
            [Component("c", "configuration.in-memory", ("a", "1"), ("b", "1"))],
            Token,
            options => options with { AppPort = app.Port }
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        using var answer = JsonDocument.Parse(await sidecar.Http.GetStringAsync("/v1.0/configuration/c/subscribe?key=a", Token));
        await sidecar.WriteResourceAsync("00.yaml", Component("c", "configuration.in-memory", ("a", "2||7"), ("b", "2")), Token);
        await sidecar.Sidecar.ReloadAsync(Token);
        var seen = (await app.WaitAsync(one => one.Path.StartsWith("/configuration/", StringComparison.Ordinal), 1, Token)).Single();
        Assert.Equal("/configuration/c/a", seen.Path);
        var id = answer.RootElement.GetProperty("id").GetString();
        Assert.Equal($$$$"""{"id":"{{{{id}}}}","items":{"a":{"value":"2","version":"7"}}}""", seen.Body);
    }
}
