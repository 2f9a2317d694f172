using Grpc.Core;

namespace Dapr.Embedded.Invocation;

/// <summary>How the status of one protocol is told in the other, as daprd does it.</summary>
internal static class StatusMapping
{
    public static int ToHttp(StatusCode code) =>
        code switch
        {
            StatusCode.OK => 200,
            StatusCode.Cancelled => 408,
            StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
            StatusCode.Unauthenticated => 401,
            StatusCode.PermissionDenied => 403,
            StatusCode.NotFound => 404,
            StatusCode.AlreadyExists or StatusCode.Aborted => 409,
            StatusCode.ResourceExhausted => 429,
            StatusCode.Unimplemented => 501,
            StatusCode.Unavailable => 503,
            StatusCode.DeadlineExceeded => 504,
            _ => 500,
        };

    public static StatusCode ToGrpc(int http) =>
        http switch
        {
            >= 200 and < 300 => StatusCode.OK,
            400 => StatusCode.Internal,
            401 => StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 => StatusCode.NotFound,
            408 => StatusCode.Cancelled,
            409 => StatusCode.AlreadyExists,
            429 => StatusCode.ResourceExhausted,
            501 => StatusCode.Unimplemented,
            503 => StatusCode.Unavailable,
            504 => StatusCode.DeadlineExceeded,
            _ => StatusCode.Unknown,
        };
}
