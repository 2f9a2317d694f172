using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation;

/// <summary>Which headers an invocation takes along, and which the runtime alone may write.</summary>
internal static class HeaderRules
{
    public const string AppId = "dapr-app-id";
    public const string CallerAppId = "dapr-caller-app-id";
    public const string CallerNamespace = "dapr-caller-namespace";
    public const string CalleeAppId = "dapr-callee-app-id";

    /// <summary>Status code and message of a gRPC app, on the way from its sidecar to the caller's.</summary>
    public const string GrpcStatus = "dapr-embedded-grpc-status";
    public const string GrpcMessage = "dapr-embedded-grpc-message";

    /// <summary>The callee's sidecar failed, not the app: the gRPC code; the body is the message.</summary>
    public const string SidecarError = "dapr-embedded-error";

    /// <summary>Between sidecars: the answer is that of the app, not of whoever has the port now.</summary>
    public const string FromApp = "dapr-embedded-from-app";

    /// <summary>Between sidecars: the caller named no verb.</summary>
    public const string NoVerb = "dapr-embedded-no-verb";

    /// <summary>Of one connection, never passed on.</summary>
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "expect",
    };

    /// <summary>
    /// What a caller must not be able to claim: the identity headers are the runtime's (daprd lets forged ones through), the tokens are
    /// between two neighbours only.
    /// </summary>
    private static readonly HashSet<string> Owned = new(StringComparer.OrdinalIgnoreCase)
    {
        AppId,
        CallerAppId,
        CallerNamespace,
        CalleeAppId,
        GrpcStatus,
        GrpcMessage,
        SidecarError,
        NoVerb,
        ApiPipeline.TokenHeader,
        Names.SidecarAddress.TokenHeader,
        "host",
        "content-length",
        "content-type",
        "traceparent",
        "tracestate",
        "grpc-trace-bin",
    };

    /// <summary>What a proxied gRPC call must not bring along, or what its connection says.</summary>
    private static readonly HashSet<string> NotProxied = new(StringComparer.OrdinalIgnoreCase)
    {
        AppId,
        CallerAppId,
        CallerNamespace,
        CalleeAppId,
        ApiPipeline.TokenHeader,
        Names.SidecarAddress.TokenHeader,
        "host",
        "content-length",
    };

    /// <summary>Whether a header of a proxied gRPC call goes on; <c>te: trailers</c> is part of gRPC.</summary>
    public static bool IsProxied(string name) =>
        !NotProxied.Contains(name) && !name.StartsWith(':') && (!HopByHop.Contains(name) || name.Equals("te", StringComparison.OrdinalIgnoreCase));

    /// <summary>Headers of a request that go on to the callee, and those of the trace.</summary>
    public static List<KeyValuePair<string, string?[]>> ForCallee(IHeaderDictionary headers, TraceContext trace)
    {
        var kept = new List<KeyValuePair<string, string?[]>>(headers.Count + 2);
        foreach (var (name, values) in headers)
        {
            if (
                !HopByHop.Contains(name)
                && !Owned.Contains(name)
                && !name.StartsWith(':')
                && !name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
            )
                kept.Add(new(name, values.ToArray()));
        }
        if (trace.Exists)
            kept.Add(new("traceparent", [trace.TraceParent]));
        if (trace.TraceState.Length > 0)
            kept.Add(new("tracestate", [trace.TraceState]));
        return kept;
    }

    /// <summary>Whether a header of the app's answer goes back to the caller.</summary>
    public static bool ComesBack(string name) =>
        !HopByHop.Contains(name)
        && !name.StartsWith("dapr-embedded-", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("traceparent", StringComparison.OrdinalIgnoreCase);
}
