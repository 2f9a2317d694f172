using System.Text;
using Dapr.Embedded.Components;
using Dapr.Embedded.PubSub;
using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Brokers.InMemory;
using Dapr.Embedded.PubSub.Brokers.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedDapr.Tests.PubSub.Brokers;

/// <summary>What every broker promises.</summary>
public abstract class BrokerContractTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_ThenReceive_GivesBytesMetadataAndFirstDelivery()
    {
        await using var brokers = await StartAsync();
        await using var queue = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await brokers
            .Of("other")
            .PublishAsync(
                [new BrokerMessage("t", "hello"u8.ToArray(), new Dictionary<string, string> { ["k"] = "v" }), Message("unheard", "x")],
                Token
            );
        var message = Assert.Single(await queue.ReceiveAsync(10, Token));
        Assert.Equal(("hello", 1, "v"), (Text(message), message.Delivery, message.Message.Metadata["k"]));
    }

    [Fact]
    public async Task Receive_SeveralMessages_KeepsTheirOrder()
    {
        await using var brokers = await StartAsync();
        await using var queue = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        foreach (var i in Enumerable.Range(0, 300))
            await brokers.Of("app").PublishAsync([Message("t", $"{i}")], Token);
        var received = await ReceiveAsync(queue, 300);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), received.Select(Text));
    }

    [Fact]
    public async Task Receive_TwoConsumers_EachGetsEveryMessage()
    {
        await using var brokers = await StartAsync();
        await using var first = await brokers.Of("one").SubscribeAsync("t", "s", Token);
        await using var second = await brokers.Of("two").SubscribeAsync("t", "s", Token);
        await brokers.Of("app").PublishAsync([Message("t", "a"), Message("t", "b")], Token);
        Assert.Equal(["a", "b"], (await ReceiveAsync(first, 2)).Select(Text));
        Assert.Equal(["a", "b"], (await ReceiveAsync(second, 2)).Select(Text));
    }

    [Fact]
    public async Task Receive_TwoQueuesOfOneConsumer_ShareTheMessages()
    {
        await using var brokers = await StartAsync();
        await using var first = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await using var second = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await brokers.Of("app").PublishAsync([.. Enumerable.Range(0, 50).Select(i => Message("t", $"{i}"))], Token);
        var seen = new List<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        async Task DrainAsync(IBrokerQueue queue)
        {
            try
            {
                while (true)
                {
                    foreach (var message in await queue.ReceiveAsync(1, enough.Token))
                    {
                        lock (seen)
                        {
                            seen.Add(Text(message));
                            if (seen.Count == 50)
                                enough.Cancel();
                        }
                        queue.Settle(message, Settlement.Done);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // All fifty are there.
            }
        }
        await Task.WhenAll(DrainAsync(first), DrainAsync(second)).WaitAsync(Patience, Token);
        Assert.Equal(50, seen.Distinct().Count());
    }

    [Fact]
    public async Task Settle_Redeliver_BringsTheMessageAgainAfterItsPause()
    {
        await using var brokers = await StartAsync();
        await using var queue = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await brokers.Of("app").PublishAsync([Message("t", "a")], Token);
        var begin = TimeProvider.System.GetTimestamp();
        queue.Settle((await ReceiveAsync(queue, 1))[0], Settlement.Redeliver);
        var again = (await ReceiveAsync(queue, 1))[0];
        Assert.Equal(("a", 2), (Text(again), again.Delivery));
        Assert.True(TimeProvider.System.GetElapsedTime(begin) > TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task Settle_Return_BringsTheMessageAgainAsIfItHadNotBeenReceived()
    {
        await using var brokers = await StartAsync();
        await using var queue = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await brokers.Of("app").PublishAsync([Message("t", "a")], Token);
        queue.Settle((await ReceiveAsync(queue, 1))[0], Settlement.Return);
        var again = (await ReceiveAsync(queue, 1))[0];
        Assert.Equal(("a", 1), (Text(again), again.Delivery));
    }

    [Fact]
    public async Task Dispose_OfAQueue_LeavesWhatItDidNotSettleToTheNext()
    {
        await using var brokers = await StartAsync();
        var goes = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await brokers.Of("app").PublishAsync([Message("t", "a"), Message("t", "b"), Message("t", "c")], Token);
        goes.Settle((await ReceiveAsync(goes, 1))[0], Settlement.Done);
        await ReceiveAsync(goes, 1);
        await using var stays = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        await goes.DisposeAsync();
        Assert.Equal(["b", "c"], (await ReceiveAsync(stays, 2)).Select(Text).Order());
    }

    [Fact]
    public async Task Receive_NothingThere_EndsWithItsToken()
    {
        await using var brokers = await StartAsync();
        await using var queue = await brokers.Of("app").SubscribeAsync("t", "s", Token);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await queue.ReceiveAsync(1, soon.Token));
        await brokers.Of("app").PublishAsync([Message("t", "a")], Token);
        Assert.Equal("a", Text((await ReceiveAsync(queue, 1))[0]));
    }

    private protected abstract Task<BrokerSet> StartAsync();

    private protected static TopicScopes NoScopes(string appId) => new(new ComponentMetadata([]), appId);

    private protected static BrokerMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text), BrokerMessage.NoMetadata);

    private protected static string Text(QueuedMessage message) => Encoding.UTF8.GetString(message.Message.Data.Span);

    private protected static async Task<List<QueuedMessage>> ReceiveAsync(IBrokerQueue queue, int count)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(Patience);
        var received = new List<QueuedMessage>();
        while (received.Count < count)
            received.AddRange(await queue.ReceiveAsync(count - received.Count, deadline.Token));
        return received;
    }

    /// <summary>The brokers of several apps that are one and the same component.</summary>
    private protected sealed class BrokerSet(Func<string, IBroker> of, Func<ValueTask> end) : IAsyncDisposable
    {
        internal IBroker Of(string appId) => of(appId);

        public ValueTask DisposeAsync() => end();
    }
}

public sealed class InMemoryBrokerTests : BrokerContractTests
{
    private protected override Task<BrokerSet> StartAsync()
    {
        var bus = new MemoryBus(TimeProvider.System);
        return Task.FromResult(new BrokerSet(appId => new InMemoryBroker(bus, appId, 1, NoScopes(appId)), () => ValueTask.CompletedTask));
    }
}

public sealed class SqliteBrokerTests : BrokerContractTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_BeforeTheFirstSubscriber_IsKeptForIt()
    {
        await using var brokers = await StartAsync();
        await brokers.Of("app").PublishAsync([Message("t", "early")], Token);
        await using var queue = await brokers.Of("late").SubscribeAsync("t", "s", Token);
        Assert.Equal("early", Text((await ReceiveAsync(queue, 1))[0]));
    }

    [Fact]
    public async Task Receive_FromAFileThatAnotherProcessWrites_NoticesItsMessages()
    {
        var folder = Directory.CreateTempSubdirectory("broker");
        await using var here = await SqliteBrokerFile.OpenAsync(
            Path.Combine(folder.FullName, "b.db"),
            TimeProvider.System,
            NullLogger.Instance,
            Token
        );
        await using var there = await SqliteBrokerFile.OpenAsync(
            Path.Combine(folder.FullName, "b.db"),
            TimeProvider.System,
            NullLogger.Instance,
            Token
        );
        await using var queue = await here.OpenQueueAsync(new ConsumerKey("t", "app"), Token);
        var waiting = ReceiveAsync(queue, 1);
        await there.Publishing.AddAsync([Message("t", "from afar")]);
        Assert.Equal("from afar", Text((await waiting)[0]));
    }

    [Fact]
    public async Task Reopen_SettledMessagesAreGone_OthersComeAgain()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("broker").FullName, "b.db");
        var key = new ConsumerKey("t", "app");
        await using (var file = await SqliteBrokerFile.OpenAsync(path, TimeProvider.System, NullLogger.Instance, Token))
        {
            var queue = await file.OpenQueueAsync(key, Token);
            await file.Publishing.AddAsync([.. Enumerable.Range(0, 40).Select(i => Message("t", $"{i}"))]);
            foreach (var message in await ReceiveAsync(queue, 40))
            {
                if (int.Parse(Text(message), System.Globalization.CultureInfo.InvariantCulture) % 2 == 0)
                    queue.Settle(message, Settlement.Done);
            }
            await queue.DisposeAsync();
        }
        await using var again = await SqliteBrokerFile.OpenAsync(path, TimeProvider.System, NullLogger.Instance, Token);
        await using var rest = await again.OpenQueueAsync(key, Token);
        await again.Publishing.AddAsync([Message("t", "end")]);
        var received = await ReceiveAsync(rest, 21);
        Assert.Equal(Enumerable.Range(0, 40).Where(i => i % 2 == 1).Select(i => $"{i}").Append("end").Order(), received.Select(Text).Order());
    }

    private protected override async Task<BrokerSet> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("broker");
        var file = await SqliteBrokerFile.OpenAsync(Path.Combine(folder.FullName, "b.db"), TimeProvider.System, NullLogger.Instance, Token);
        return new BrokerSet(
            appId => new SqliteBroker(file, appId, 10, NoScopes(appId)),
            async () =>
            {
                await file.DisposeAsync();
                folder.Delete(recursive: true);
            }
        );
    }
}
