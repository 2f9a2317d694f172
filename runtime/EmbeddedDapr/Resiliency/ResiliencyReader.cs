using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Resiliency;

/// <summary>Turns the Resiliency resources of a sidecar into <see cref="Policies"/>. What cannot be used is told, and left out.</summary>
internal sealed class ResiliencyReader(TimeProvider time, Action<string> complain)
{
    private const string ServiceRetries = "DaprBuiltInServiceRetries";

    private readonly Dictionary<string, TimeSpan> timeouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RetryPolicy> retries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BreakerPolicy> breakers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TargetPolicies> apps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TargetPolicies> inbound = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TargetPolicies> outbound = new(StringComparer.Ordinal);

    public Policies Read(IEnumerable<ResourceDocument> documents)
    {
        var all = documents.ToList();
        foreach (var document in all)
            ReadPolicies(document);
        foreach (var document in all)
            ReadTargets(document);
        return new Policies(apps, inbound, outbound, retries.GetValueOrDefault(ServiceRetries, Policies.BuiltInServiceRetry), time);
    }

    private void ReadPolicies(ResourceDocument document)
    {
        var policies = document.Spec["policies"] as JsonObject;
        foreach (var (name, value) in policies?["timeouts"] as JsonObject ?? [])
            Try(document, () => timeouts[name] = Duration($"policies.timeouts.{name}", value));
        foreach (var (name, value) in policies?["retries"] as JsonObject ?? [])
            Try(document, () => retries[name] = Retry($"policies.retries.{name}", value as JsonObject ?? []));
        foreach (var (name, value) in policies?["circuitBreakers"] as JsonObject ?? [])
            Try(document, () => breakers[name] = Breaker($"policies.circuitBreakers.{name}", value as JsonObject ?? []));
    }

    private void ReadTargets(ResourceDocument document)
    {
        var targets = document.Spec["targets"] as JsonObject;
        foreach (var (name, value) in targets?["apps"] as JsonObject ?? [])
            Try(document, () => apps[name] = Target($"targets.apps.{name}", value as JsonObject ?? []));
        foreach (var (name, value) in targets?["components"] as JsonObject ?? [])
        {
            if (value?["inbound"] is JsonObject into)
                Try(document, () => inbound[name] = Target($"targets.components.{name}.inbound", into));
            if (value?["outbound"] is JsonObject outOf)
                Try(document, () => outbound[name] = Target($"targets.components.{name}.outbound", outOf));
        }
    }

    private static RetryPolicy Retry(string key, JsonObject spec)
    {
        var defaults = new RetryPolicy();
        var kind = Text(spec["policy"]) ?? "constant";
        if (kind is not ("constant" or "exponential"))
            throw new FormatException($"{key}.policy: '{kind}' is no policy; expected constant or exponential");
        var matching = spec["matching"] as JsonObject;
        return defaults with
        {
            Exponential = kind == "exponential",
            Duration = Duration($"{key}.duration", spec["duration"], defaults.Duration),
            InitialInterval = Duration($"{key}.initialInterval", spec["initialInterval"], defaults.InitialInterval),
            MaxInterval = Duration($"{key}.maxInterval", spec["maxInterval"], defaults.MaxInterval),
            MaxElapsedTime = Duration($"{key}.maxElapsedTime", spec["maxElapsedTime"], defaults.MaxElapsedTime),
            RandomizationFactor = Number($"{key}.randomizationFactor", spec["randomizationFactor"], defaults.RandomizationFactor),
            Multiplier = Number($"{key}.multiplier", spec["multiplier"], defaults.Multiplier),
            MaxRetries = (long)Number($"{key}.maxRetries", spec["maxRetries"], defaults.MaxRetries),
            HttpStatusCodes = StatusMatch.Parse($"{key}.matching.httpStatusCodes", Text(matching?["httpStatusCodes"])),
            GrpcStatusCodes = StatusMatch.Parse($"{key}.matching.gRPCStatusCodes", Text(matching?["gRPCStatusCodes"])),
        };
    }

    private static BreakerPolicy Breaker(string key, JsonObject spec)
    {
        var defaults = new BreakerPolicy();
        return defaults with
        {
            MaxRequests = Math.Max(1, (long)Number($"{key}.maxRequests", spec["maxRequests"], defaults.MaxRequests)),
            Interval = Duration($"{key}.interval", spec["interval"], defaults.Interval),
            Timeout = Duration($"{key}.timeout", spec["timeout"], defaults.Timeout),
            Trip = TripRule.Parse(Text(spec["trip"])),
        };
    }

    private TargetPolicies Target(string key, JsonObject spec) =>
        new(
            Named(timeouts, $"{key}.timeout", spec["timeout"], out var timeout) ? timeout : null,
            Named(retries, $"{key}.retry", spec["retry"], out var retry) ? retry : null,
            Named(breakers, $"{key}.circuitBreaker", spec["circuitBreaker"], out var breaker) ? breaker : null,
            Math.Max(1, (int)Number($"{key}.circuitBreakerCacheSize", spec["circuitBreakerCacheSize"], TargetPolicies.DefaultBreakerCacheSize))
        );

    private static bool Named<T>(Dictionary<string, T> policies, string key, JsonNode? node, out T? policy)
    {
        policy = default;
        if (Text(node) is not { Length: > 0 } name)
            return false;
        return policies.TryGetValue(name, out policy)
            ? true
            : throw new FormatException(
                $"{key}: there is no policy '{name}'; "
                    + $"the resources have {(policies.Count == 0 ? "none of that kind" : string.Join(", ", policies.Keys))}"
            );
    }

    private static TimeSpan Duration(string key, JsonNode? node, TimeSpan? otherwise = null)
    {
        if (Text(node) is not { } text)
            return otherwise ?? throw new FormatException($"{key}: a duration is missing; write for example 5s");
        return GoDuration.TryParseOrMilliseconds(text, out var duration)
            ? duration
            : throw new FormatException($"{key}: '{text}' is no duration; write for example 500ms, 5s or 1m30s");
    }

    private static double Number(string key, JsonNode? node, double otherwise)
    {
        if (Text(node) is not { } text)
            return otherwise;
        return double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{key}: '{text}' is no number");
    }

    private static string? Text(JsonNode? node) => node?.ToString();

    private void Try(ResourceDocument document, Action read)
    {
        try
        {
            read();
        }
        catch (FormatException error)
        {
            complain($"{document.File}: Resiliency {document.Name}: {error.Message}; it is left out");
        }
    }
}
