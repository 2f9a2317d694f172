using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Dapr.Embedded.Errors;

/// <summary>The google.rpc details of an error.</summary>
internal static class ErrorDetails
{
    public const string Trailer = "grpc-status-details-bin";

    public static ErrorInfo Info(string reason, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var info = new ErrorInfo { Reason = reason, Domain = "dapr.io" };
        foreach (var (key, value) in metadata)
            info.Metadata[key] = value;
        return info;
    }

    public static ResourceInfo Resource(string type, string name, string owner = "", string description = "") =>
        new()
        {
            ResourceType = type,
            ResourceName = name,
            Owner = owner,
            Description = description,
        };

    public static BadRequest Field(string field, string description) =>
        new()
        {
            FieldViolations =
            {
                new BadRequest.Types.FieldViolation { Field = field, Description = description },
            },
        };

    /// <summary>The same error as gRPC tells it.</summary>
    public static RpcException ToRpc(DaprApiException error)
    {
        var trailers = new Metadata();
        IReadOnlyList<IMessage> details =
            error.Details.Count > 0 ? error.Details
            : error.GrpcErrorInfo ? [Info(error.ErrorCode)]
            : [];
        if (details.Count > 0)
        {
            var status = new Google.Rpc.Status { Code = (int)error.GrpcStatus, Message = error.Message };
            foreach (var detail in details)
                status.Details.Add(Any.Pack(detail));
            trailers.Add(Trailer, status.ToByteArray());
        }
        return new RpcException(new Grpc.Core.Status(error.GrpcStatus, error.Message), trailers);
    }
}
