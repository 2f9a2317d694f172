using System.Collections.Concurrent;

namespace Dapr.Embedded.Resiliency;

/// <summary>The policies that a target names; names that no policy has were refused when the resource was read.</summary>
internal sealed record TargetPolicies(
    TimeSpan? Timeout,
    RetryPolicy? Retry,
    BreakerPolicy? Breaker,
    int BreakerCacheSize = TargetPolicies.DefaultBreakerCacheSize
)
{
    public const int DefaultBreakerCacheSize = 5000;
}

/// <summary>The policies in force: a snapshot of all Resiliency resources, with the breakers that belong to it.</summary>
internal sealed class Policies(
    IReadOnlyDictionary<string, TargetPolicies> apps,
    IReadOnlyDictionary<string, TargetPolicies> inbound,
    IReadOnlyDictionary<string, TargetPolicies> outbound,
    RetryPolicy serviceRetry,
    TimeProvider time
)
{
    /// <summary><c>DaprBuiltInServiceRetries</c>: 3 repetitions, 1 s apart, of calls that did not reach the other sidecar.</summary>
    public static RetryPolicy BuiltInServiceRetry { get; } =
        new()
        {
            Duration = TimeSpan.FromSeconds(1),
            MaxRetries = 3,
            HttpStatusCodes = StatusMatch.None,
            GrpcStatusCodes = StatusMatch.Parse("built in", "14,16"),
        };

    private readonly ConcurrentDictionary<string, CircuitBreaker> breakers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, BreakerCache> appBreakers = new(StringComparer.Ordinal);

    public static Policies None(TimeProvider time) =>
        new(
            new Dictionary<string, TargetPolicies>(),
            new Dictionary<string, TargetPolicies>(),
            new Dictionary<string, TargetPolicies>(),
            BuiltInServiceRetry,
            time
        );

    /// <summary>For an app: its own policies, else the built-in retry. A breaker covers one method path.</summary>
    public ResiliencePolicy App(string appId, string method)
    {
        if (!apps.TryGetValue(appId, out var target))
            return new ResiliencePolicy(null, serviceRetry, null);
        var breaker = target.Breaker is { } policy
            ? appBreakers.GetOrAdd(appId, _ => new BreakerCache(target.BreakerCacheSize)).Get(method, () => new CircuitBreaker(policy, time))
            : null;
        return new ResiliencePolicy(target.Timeout, target.Retry, breaker);
    }

    /// <summary>For a proxied gRPC method of an app: its own policies, else none.</summary>
    public ResiliencePolicy Proxied(string appId, string method) => apps.ContainsKey(appId) ? App(appId, method) : ResiliencePolicy.None;

    /// <summary>From a component to the app.</summary>
    public ResiliencePolicy Inbound(string component) => Component("in/", component, inbound);

    /// <summary>From the app to a component.</summary>
    public ResiliencePolicy Outbound(string component) => Component("out/", component, outbound);

    private ResiliencePolicy Component(string direction, string name, IReadOnlyDictionary<string, TargetPolicies> targets)
    {
        if (!targets.TryGetValue(name, out var target))
            return ResiliencePolicy.None;
        var breaker = target.Breaker is { } policy ? breakers.GetOrAdd(direction + name, _ => new CircuitBreaker(policy, time)) : null;
        return new ResiliencePolicy(target.Timeout, target.Retry, breaker);
    }
}
