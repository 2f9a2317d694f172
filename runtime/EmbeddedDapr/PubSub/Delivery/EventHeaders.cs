using System.Buffers;
using Dapr.Embedded.Hosting;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>What travels beside an event: component name, trace, and the metadata that it was published with.</summary>
internal static class EventHeaders
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    );

    /// <summary>Names that a publisher must not be able to set at the subscriber.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "dapr-api-token",
        "expect",
        "host",
        "keep-alive",
        "pubsubname",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    };

    public static IEnumerable<KeyValuePair<string, string>> Of(EventDelivery delivery)
    {
        yield return new("pubsubName", delivery.Subscription.PubSubName);
        var parent = delivery.Event.TraceParent;
        if (System.Diagnostics.ActivityContext.TryParse(parent, null, out _))
        {
            yield return new("traceparent", delivery.Span ?? new TraceContext(parent, "", "").Child().TraceParent);
            if (delivery.Event.Text("tracestate"u8) is { Length: > 0 } state && IsValue(state))
                yield return new("tracestate", state);
        }
        foreach (var (name, value) in delivery.Message.Message.Metadata)
        {
            if (name.Length > 0 && !name.AsSpan().ContainsAnyExcept(NameCharacters) && !Reserved.Contains(name) && IsValue(value))
                yield return new(name, value);
        }
    }

    private static bool IsValue(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
