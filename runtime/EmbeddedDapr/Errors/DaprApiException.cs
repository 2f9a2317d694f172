using Google.Protobuf;
using Grpc.Core;

namespace Dapr.Embedded.Errors;

/// <summary>
/// An answer of the Dapr API that is an error, as both protocols tell it: over HTTP a status with errorCode and message, over gRPC a
/// status code. Thrown by the building blocks, written by the two servers.
/// </summary>
internal sealed class DaprApiException(int httpStatus, StatusCode grpcStatus, string errorCode, string message) : Exception(message)
{
    public int HttpStatus { get; } = httpStatus;

    public StatusCode GrpcStatus { get; } = grpcStatus;

    public string ErrorCode { get; } = errorCode;

    /// <summary>google.rpc details (ErrorInfo, ResourceInfo, BadRequest, Help): in the HTTP body and in the gRPC trailer.</summary>
    public IReadOnlyList<IMessage> Details { get; init; } = [];

    /// <summary>
    /// Older errors carry an ErrorInfo with the errorCode as its reason over gRPC only; secret, lock and invocation errors carry none.
    /// </summary>
    public bool GrpcErrorInfo { get; init; } = true;

    /// <summary>Response metadata that goes out although the call failed.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The body could not be read, was no JSON, or lacks what the route needs.</summary>
    public static DaprApiException MalformedRequest(string message) => new(400, StatusCode.InvalidArgument, "ERR_MALFORMED_REQUEST", message);
}
