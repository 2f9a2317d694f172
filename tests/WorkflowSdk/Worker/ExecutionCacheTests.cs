using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Worker;
using Dapr.Workflow.Worker.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using WorkflowSdk.Tests.Replay;

namespace WorkflowSdk.Tests.Worker;

public class ExecutionCacheTests
{
    [Fact]
    public async Task The_longest_unused_give_way_and_their_services_are_disposed()
    {
        await using ExecutionCache cache = new(maxInstances: 2, maxEvents: 1000);
        var (a, closedA) = Make();
        var (b, closedB) = Make();
        var (c, closedC) = Make();
        await cache.PutAsync("a", a);
        await cache.PutAsync("b", b);
        await cache.PutAsync("a", cache.Take("a")!);

        await cache.PutAsync("c", c);

        Assert.Equal((false, true, false), (closedA(), closedB(), closedC()));
        Assert.Null(cache.Take("b"));
        Assert.Same(a, cache.Take("a"));
        Assert.Null(cache.Take("a"));
    }

    [Fact]
    public async Task Many_events_count_as_many_instances_do_but_one_execution_is_always_kept()
    {
        await using ExecutionCache cache = new(maxInstances: 100, maxEvents: 10);
        var (a, closedA) = Make(events: 6);
        var (b, closedB) = Make(events: 6);
        var (large, closedLarge) = Make(events: 50);
        await cache.PutAsync("a", a);
        await cache.PutAsync("b", b);
        Assert.Equal((true, false), (closedA(), closedB()));

        await cache.PutAsync("large", large);

        Assert.Equal((true, false), (closedB(), closedLarge()));
    }

    [Fact]
    public async Task After_the_stream_nothing_is_kept()
    {
        ExecutionCache cache = new(maxInstances: 2, maxEvents: 1000);
        var (before, closedBefore) = Make();
        var (after, closedAfter) = Make();
        await cache.PutAsync("before", before);

        await cache.DisposeAsync();
        await cache.PutAsync("after", after);

        Assert.Equal((true, true), (closedBefore(), closedAfter()));
        Assert.Null(cache.Take("before"));
        Assert.Null(cache.Take("after"));
    }

    private static (LiveExecution Live, Func<bool> IsClosed) Make(int events = 2)
    {
        var services = new ServiceCollection().AddScoped<Closing>().BuildServiceProvider().CreateAsyncScope();
        var closing = services.ServiceProvider.GetRequiredService<Closing>();
        WorkflowRequest request = new() { InstanceId = "one", NewEvents = { Enumerable.Range(0, events).Select(Story.TurnBegan) } };
        var (execution, _) = WorkflowExecution.Begin(
            request,
            _ => throw new InvalidOperationException(),
            new JsonDaprSerializer(),
            NullLoggerFactory.Instance
        );
        return (new LiveExecution(execution, services), () => closing.IsClosed);
    }

    private sealed class Closing : IDisposable
    {
        public bool IsClosed { get; private set; }

        public void Dispose() => IsClosed = true;
    }
}
