using Grpc.Core;

namespace Dapr.Workflow;

/// <summary>Makes calls with the same headers. An interceptor would copy them for each call.</summary>
internal sealed class HeaderCallInvoker(CallInvoker inner, Metadata headers) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => inner.BlockingUnaryCall(method, host, options.WithHeaders(headers), request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => inner.AsyncUnaryCall(method, host, options.WithHeaders(headers), request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => inner.AsyncServerStreamingCall(method, host, options.WithHeaders(headers), request);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => inner.AsyncClientStreamingCall(method, host, options.WithHeaders(headers));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => inner.AsyncDuplexStreamingCall(method, host, options.WithHeaders(headers));
}
