using Dapr.Anomaly.Cli.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Cli.Tests.Processes;

public sealed class IdleMemoryTests : IAsyncDisposable
{
    private const long MegaByte = 1024 * 1024;

    private readonly FakeTimeProvider time = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private TimeSpan cpu;
    private TimeSpan cpuPerLook;
    private long resident = 200 * MegaByte;
    private int looks;
    private int given;

    public IdleMemoryTests() => running = new IdleMemory(Use, () => given++, time).RunAsync(stop.Token);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    [Fact]
    public async Task Run_ProcessThatWorks_GivesNothingBackUntilItIsIdle()
    {
        cpuPerLook = 0.9 * IdleMemory.Look;
        await LookAsync(100);
        Assert.Equal(0, given);
        cpuPerLook = TimeSpan.Zero;
        await LookAsync(1);
        Assert.Equal(1, given);
    }

    [Fact]
    public async Task Run_IdleWithoutGrowth_GivesBackOnce()
    {
        await LookAsync(200);
        Assert.Equal(1, given);
    }

    [Fact]
    public async Task Run_GrownAgain_GivesBackAgainButNotAtOnce()
    {
        await LookAsync(1);
        resident = 400 * MegaByte;
        var looksBetween = (int)(IdleMemory.NoSoonerThan / IdleMemory.Look);
        await LookAsync(looksBetween - 1);
        Assert.Equal(1, given);
        await LookAsync(1);
        Assert.Equal(2, given);
    }

    private (TimeSpan, long) Use()
    {
        Interlocked.Increment(ref looks);
        return (cpu, resident);
    }

    private async Task LookAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            var before = Volatile.Read(ref looks);
            cpu += cpuPerLook;
            time.Advance(IdleMemory.Look);
            await Until.TrueAsync(() => Volatile.Read(ref looks) > before, "a look");
        }
    }
}
