using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.PubSub.Brokers.Redis;

/// <summary>The metadata of <c>pubsub.redis</c>, names and defaults as daprd has them.</summary>
internal sealed record RedisSettings(
    string Consumer,
    int Concurrency,
    int QueueDepth,
    TimeSpan RedeliverInterval,
    TimeSpan ProcessingTimeout,
    int? MaxLengthApprox
)
{
    public static RedisSettings Of(ComponentSpec spec, string appId) =>
        new(
            spec.Metadata.Text("consumerID") ?? appId,
            Math.Max(1, spec.Metadata.Whole("concurrency", 10)),
            Math.Max(1, spec.Metadata.Whole("queueDepth", 100)),
            Duration(spec, "redeliverInterval", TimeSpan.FromSeconds(60)),
            Duration(spec, "processingTimeout", TimeSpan.FromSeconds(15)),
            spec.Metadata.Whole("maxLenApprox", 0) is > 0 and var length ? length : null
        );

    /// <summary>A Go duration or whole milliseconds; zero switches redelivery off.</summary>
    private static TimeSpan Duration(ComponentSpec spec, string name, TimeSpan otherwise)
    {
        if (spec.Metadata.Text(name) is not { } text)
            return otherwise;
        return GoDuration.TryParseOrMilliseconds(text, out var duration)
            ? duration
            : throw new ResourceException($"metadata {name} is \"{text}\", expected a duration such as 15s");
    }
}
