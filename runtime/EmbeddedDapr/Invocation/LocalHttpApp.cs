using Dapr.Embedded.App;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.Invocation;

/// <summary>The HTTP app behind this sidecar.</summary>
internal sealed class LocalHttpApp(AppChannel app) : IInvocationChannel
{
    private const int Internal = 13;

    public async Task<Attempt<HttpResponseMessage>> SendAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        if (app.Port is null)
            return new(null, new Failure("cannot invoke local endpoint: app channel not initialized", GrpcStatus: Internal));
        if (!app.Healthy)
            return new(null, new Failure("app is not in a healthy state", GrpcStatus: Internal));
        if (!request.HasVerb)
            return new(
                null,
                new Failure(
                    InvocationErrors.Rpc(Grpc.Core.StatusCode.InvalidArgument, "missing HTTP extension field"),
                    GrpcStatus: Internal,
                    Retriable: false
                )
            );
        var message = request.ToMessage(new Uri(app.BaseAddress, request.PathAndQuery));
        app.Prepare(message);
        try
        {
            var answer = await app.SendAsync(message, cancellationToken).ConfigureAwait(false);
            foreach (var name in new[] { HeaderRules.GrpcStatus, HeaderRules.GrpcMessage, HeaderRules.SidecarError })
                answer.Headers.Remove(name);
            return Answers.Judge(answer);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            message.Dispose();
            return new(
                null,
                new Failure(InvocationErrors.Rpc(Grpc.Core.StatusCode.Internal, $"error invoking app channel: {error.Message}"), GrpcStatus: Internal)
            );
        }
    }
}
