using System.Globalization;
using System.Threading.RateLimiting;
using Dapr.Embedded.Components;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Resources;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Middleware;

/// <summary>
/// <c>middleware.http.ratelimit</c>: at most <c>maxRequestsPerSecond</c> (100) for each caller's address and path, as many at once; what is more
/// gets 429.
/// </summary>
internal sealed class RateLimit(double maxRequestsPerSecond) : IHttpMiddleware
{
    private readonly PartitionedRateLimiter<HttpContext> limiter = PartitionedRateLimiter.Create<HttpContext, (string, string)>(http =>
        RateLimitPartition.GetTokenBucketLimiter(
            (http.Connection.RemoteIpAddress?.ToString() ?? "", http.Request.Path.Value ?? ""),
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Math.Max(1, (int)maxRequestsPerSecond),
                TokensPerPeriod = 1,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1 / maxRequestsPerSecond),
            }
        )
    );

    public static ComponentType Type { get; } = new("middleware.http.ratelimit", (spec, _, _) => Task.FromResult<IComponent>(Read(spec)));

    public IReadOnlyList<string> Capabilities => [];

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        http.Response.Headers["X-Rate-Limit-Limit"] = maxRequestsPerSecond.ToString("0.00", CultureInfo.InvariantCulture);
        http.Response.Headers["X-Rate-Limit-Duration"] = "1";
        using var lease = limiter.AttemptAcquire(http);
        if (lease.IsAcquired)
        {
            await next(http).ConfigureAwait(false);
            return;
        }
        await HttpErrors.WriteTextAsync(http, StatusCodes.Status429TooManyRequests, "You have reached maximum request limit.").ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => limiter.DisposeAsync();

    private static RateLimit Read(ComponentSpec spec)
    {
        var text = spec.Metadata.Text("maxRequestsPerSecond") ?? "100";
        return double.TryParse(text, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and < 1e6
            ? new RateLimit(rate)
            : throw new ResourceException($"metadata maxRequestsPerSecond is \"{text}\", expected a number above 0, for example 100");
    }
}
