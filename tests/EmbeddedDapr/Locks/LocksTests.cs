using System.Net.Http.Json;
using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Locks;

public sealed class LocksTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lock_HeldExpiredAndReleased_FollowsItsOwner()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var sidecar = await StartAsync([Component("l", "lock.in-memory")], Token, time: clock);
        Assert.Equal("""{"success":true}""", await PostAsync(sidecar, "lock", "r", "a"));
        Assert.Equal("""{"success":false}""", await PostAsync(sidecar, "lock", "r", "b"));
        Assert.Equal("""{"success":false}""", await PostAsync(sidecar, "lock", "r", "a"));
        Assert.Equal("""{"status":2}""", await PostAsync(sidecar, "unlock", "r", "b"));
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("""{"success":true}""", await PostAsync(sidecar, "lock", "r", "b"));
        Assert.Equal("""{"status":0}""", await PostAsync(sidecar, "unlock", "r", "b"));
        Assert.Equal("""{"status":1}""", await PostAsync(sidecar, "unlock", "r", "b"));
    }

    [Fact]
    public async Task DaprClient_ManyAtOnce_OneGetsTheLock()
    {
        await using var sidecar = await StartAsync([Component("l", "lock.in-memory")], Token);
        using var client = sidecar.Client();
#pragma warning disable DAPR_DISTRIBUTEDLOCK, CS0618 // The lock API of the SDK is marked experimental.
        var locks = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => client.Lock("l", "r", $"owner-{i}", 30, Token)));
        Assert.Single(locks, one => one.Success);
#pragma warning restore DAPR_DISTRIBUTEDLOCK, CS0618
    }

    private static async Task<string> PostAsync(TestSidecar sidecar, string verb, string resource, string owner)
    {
        var answer = await sidecar.Http.PostAsJsonAsync(
            $"/v1.0-alpha1/{verb}/l",
            new
            {
                resourceId = resource,
                lockOwner = owner,
                expiryInSeconds = 10,
            },
            Token
        );
        return await answer.Content.ReadAsStringAsync(Token);
    }
}
