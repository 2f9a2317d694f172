using System.Diagnostics;
using System.Security.Cryptography;
using Dapr.Embedded.Resources;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// The W3C trace of one API call. Without tracing in the Configuration, and with none from the caller, all zeros, as daprd has it.
/// </summary>
internal sealed record TraceContext(string TraceParent, string TraceState, string Baggage)
{
    public const string Zeros = "00-00000000000000000000000000000000-0000000000000000-00";

    public static TraceContext None { get; } = new(Zeros, "", "");

    /// <summary>The span is sent to a collector: what is called next hangs on it, not on a span that nobody knows.</summary>
    public bool IsExported { get; init; }

    /// <summary>True when there is a trace to pass on.</summary>
    public bool Exists => TraceParent != Zeros;

    /// <summary>The trace of a request: the caller's when it is readable, else a new one if tracing is configured.</summary>
    public static TraceContext Of(IHeaderDictionary headers, ConfigurationSpec configuration)
    {
        var baggage = headers["baggage"].ToString();
        if (headers["traceparent"].ToString() is { Length: > 0 } given && ActivityContext.TryParse(given, null, out _))
            return new TraceContext(given, headers["tracestate"].ToString(), baggage).Child();
        return New(configuration) with { Baggage = baggage };
    }

    /// <summary>The trace of a request whose span is exported.</summary>
    public static TraceContext Of(Activity span, IHeaderDictionary headers) =>
        new(span.Id!, span.TraceStateString ?? "", headers["baggage"].ToString()) { IsExported = true };

    /// <summary>A trace that begins here: all zeros unless tracing is configured.</summary>
    public static TraceContext New(ConfigurationSpec configuration)
    {
        if (configuration.SamplingRate is not { } rate)
            return None;
        var sampled = rate >= 1 || (rate > 0 && RandomNumberGenerator.GetInt32(1_000_000) < rate * 1_000_000);
        return new TraceContext($"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-0{(sampled ? 1 : 0)}", "", "");
    }

    /// <summary>The trace of the request under way, put there by the server's pipeline.</summary>
    public static TraceContext Of(HttpContext http) => http.Features.Get<TraceContext>() ?? None;

    /// <summary>The same trace with a span of its own, for what is called next.</summary>
    public TraceContext Child() =>
        Exists && !IsExported
            ? this with
            {
                TraceParent = $"{TraceParent.AsSpan(0, 36)}{ActivitySpanId.CreateRandom()}{TraceParent.AsSpan(52)}",
            }
            : this;
}
