using System.Net;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.State;

/// <summary>State, configuration and lock against a real Redis, with what is Redis's own as daprd has it.</summary>
public sealed class RedisStoresTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task State_EtagsFirstWriteAndTransactions_FollowDaprdsRedisStore()
    {
        await using var server = await RedisServer.StartAsync();
        await using var sidecar = await StartAsync([Component("s", "state.redis", ("redisHost", server.Address))], Token);
        Assert.Equal(HttpStatusCode.NoContent, await SaveAsync(sidecar, """[{"key":"k","value":1,"options":{"concurrency":"first-write"}}]"""));
        Assert.Equal("1", (await sidecar.Http.GetAsync("/v1.0/state/s/k", Token)).Headers.GetValues("ETag").Single());
        Assert.Equal(
            HttpStatusCode.InternalServerError,
            await SaveAsync(sidecar, """[{"key":"k","value":2,"options":{"concurrency":"first-write"}}]""")
        );
        Assert.Equal(HttpStatusCode.Conflict, await SaveAsync(sidecar, """[{"key":"k","value":2,"etag":"9"}]"""));
        Assert.Equal(HttpStatusCode.BadRequest, await SaveAsync(sidecar, """[{"key":"k","value":2,"etag":"x"}]"""));
        Assert.Equal(HttpStatusCode.NoContent, await SaveAsync(sidecar, """[{"key":"k","value":2,"etag":"1"}]"""));
        var refused = await sidecar.Http.PostAsync(
            "/v1.0/state/s/transaction",
            new StringContent(
                """{"operations":[{"operation":"upsert","request":{"key":"beside","value":1}}"""
                    + """,{"operation":"upsert","request":{"key":"k","value":3,"etag":"1"}}]}"""
            ),
            Token
        );
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Equal(
            ("2", "1"),
            (await sidecar.Http.GetStringAsync("/v1.0/state/s/k", Token), await sidecar.Http.GetStringAsync("/v1.0/state/s/beside", Token))
        );
    }

    [Fact]
    public async Task State_Row_IsTheHashThatDaprdReads()
    {
        await using var server = await RedisServer.StartAsync();
        await using var sidecar = await StartAsync([Component("s", "state.redis", ("redisHost", server.Address))], Token);
        await SaveAsync(sidecar, """[{"key":"k","value":{"a":1},"metadata":{"ttlInSeconds":"60"}}]""");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Address);
        var database = redis.GetDatabase();
        Assert.Equal(
            [("data", """{"a":1}"""), ("version", "1")],
            (await database.HashGetAllAsync($"{AppId}||k")).Select(field => (field.Name.ToString(), field.Value.ToString())).Order()
        );
        Assert.InRange((await database.KeyTimeToLiveAsync($"{AppId}||k"))!.Value.TotalSeconds, 30, 60);
        await SaveAsync(sidecar, """[{"key":"k","value":2}]""");
        Assert.Null(await database.KeyTimeToLiveAsync($"{AppId}||k"));
    }

    [Fact]
    public async Task Configuration_KeySetInRedis_ReachesTheSubscriber()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await TestApp.StartAsync(Token);
        await using var sidecar = await StartAsync(
            [Component("c", "configuration.redis", ("redisHost", server.Address))],
            Token,
            options => options with { AppPort = app.Port }
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        await sidecar.Http.GetStringAsync("/v1.0/configuration/c/subscribe?key=limit", Token);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Address);
        await redis.GetDatabase().StringSetAsync("limit", "5||v2");
        var seen = (await app.WaitAsync(one => one.Path == "/configuration/c/limit", 1, Token))[0];
        using var body = JsonDocument.Parse(seen.Body);
        Assert.Equal("""{"limit":{"value":"5","version":"v2"}}""", body.RootElement.GetProperty("items").GetRawText());
    }

    [Fact]
    public async Task Lock_OfAnotherOwner_IsNotReleased()
    {
        await using var server = await RedisServer.StartAsync();
        await using var sidecar = await StartAsync([Component("l", "lock.redis", ("redisHost", server.Address))], Token);
        var lockBody = (string owner) => new StringContent($$"""{"resourceId":"r","lockOwner":"{{owner}}","expiryInSeconds":30}""");
        Assert.Equal("""{"success":true}""", await PostAsync(sidecar, "/v1.0-alpha1/lock/l", lockBody("a")));
        Assert.Equal("""{"success":false}""", await PostAsync(sidecar, "/v1.0-alpha1/lock/l", lockBody("b")));
        Assert.Equal("""{"status":2}""", await PostAsync(sidecar, "/v1.0-alpha1/unlock/l", lockBody("b")));
        Assert.Equal("""{"status":0}""", await PostAsync(sidecar, "/v1.0-alpha1/unlock/l", lockBody("a")));
        Assert.Equal("""{"status":1}""", await PostAsync(sidecar, "/v1.0-alpha1/unlock/l", lockBody("a")));
    }

    [Fact]
    public async Task Start_NoRedisThere_NamesComponentAndHost()
    {
        var error = await Assert.ThrowsAsync<Dapr.Embedded.EmbeddedDaprException>(() =>
            StartAsync([Component("s", "state.redis", ("redisHost", "127.0.0.1:1"))], Token)
        );
        Assert.Contains("component s", error.Message);
        Assert.Contains("127.0.0.1:1", error.Message);
    }

    private static async Task<HttpStatusCode> SaveAsync(TestSidecar sidecar, string body) =>
        (await sidecar.Http.PostAsync("/v1.0/state/s", new StringContent(body, Encoding.UTF8, "application/json"), Token)).StatusCode;

    private static async Task<string> PostAsync(TestSidecar sidecar, string path, HttpContent body) =>
        await (await sidecar.Http.PostAsync(path, body, Token)).Content.ReadAsStringAsync(Token);
}
