using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;
using StackExchange.Redis;

namespace Dapr.Embedded.Storage;

/// <summary>Connects to the Redis that a component's metadata names: redisHost, redisUsername, redisPassword, redisDB, enableTLS.</summary>
internal static class RedisConnection
{
    /// <exception cref="ResourceException">redisHost is missing, redisType is a kind that is not here, or nothing answers there.</exception>
    public static async Task<ConnectionMultiplexer> OpenAsync(ComponentSpec spec)
    {
        var metadata = spec.Metadata;
        var host = metadata.Required("redisHost");
        if (metadata.Flag("failover", false))
            throw new ResourceException("metadata failover is true; the embedded runtime has no Sentinel, leave it out");
        var options = new ConfigurationOptions
        {
            User = metadata.Text("redisUsername"),
            Password = metadata.Text("redisPassword"),
            Ssl = metadata.Flag("enableTLS", false),
            DefaultDatabase = metadata.Whole("redisDB", 0),
            AbortOnConnectFail = true,
            ClientName = "embedded-dapr",
            ConnectTimeout = 3000,
            // One try within the initTimeout of a component, so that its own reason is told.
            ConnectRetry = 1,
        };
        foreach (var endpoint in host.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            options.EndPoints.Add(endpoint);
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
        }
        catch (RedisConnectionException error)
        {
            throw new ResourceException($"metadata redisHost: no Redis answers at {host}: {error.Message}", error);
        }
    }
}
