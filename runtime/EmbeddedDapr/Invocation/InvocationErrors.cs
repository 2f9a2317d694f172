using Dapr.Embedded.Errors;
using Dapr.Embedded.Resiliency;
using Grpc.Core;

namespace Dapr.Embedded.Invocation;

/// <summary>The errors of the runtime itself while it invokes an app; what the app answers is no error.</summary>
internal static class InvocationErrors
{
    private const int PermissionDenied = (int)StatusCode.PermissionDenied;

    public static DaprApiException Of(string appId, Failure failure) => Of(appId, failure.Message, failure.GrpcStatus == PermissionDenied);

    public static DaprApiException Of(string appId, string reason, bool denied = false) =>
        new(
            denied ? 403 : 500,
            denied ? StatusCode.PermissionDenied : StatusCode.Internal,
            "ERR_DIRECT_INVOKE",
            $"failed to invoke, id: {appId}, err: {reason}"
        )
        {
            GrpcErrorInfo = false,
        };

    /// <summary>An error between sidecars in gRPC's words, as daprd's clients know them.</summary>
    public static string Rpc(StatusCode code, string description) => $"rpc error: code = {code} desc = {description}";
}
