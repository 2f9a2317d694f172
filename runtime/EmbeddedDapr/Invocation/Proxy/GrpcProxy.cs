using Dapr.Embedded.AccessControl;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Names;
using Dapr.Embedded.Resiliency;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Invocation.Proxy;

/// <summary>
/// Any gRPC method of any app: a call of the gRPC port with metadata <c>dapr-app-id</c> goes to that app, streams included, straight or by
/// way of its sidecar. As in daprd, the resiliency policies of the target hold on the way to another sidecar, not for the own app.
/// </summary>
internal sealed class GrpcProxy(SidecarContext context, Invoker invoker, AccessControlBlock access)
{
    private const string PathPrefix = "/proxy";

    public void MapInternal(IEndpointRouteBuilder routes) => routes.Map(PathPrefix + "/{**method}", FromPeerAsync);

    /// <summary>A call of the gRPC port that is for no service of the runtime.</summary>
    public Task FromCallerAsync(HttpContext http)
    {
        var named = http.Request.Headers[HeaderRules.AppId].ToString();
        if (named.Length == 0)
            named = http.Request.Headers[HeaderRules.CalleeAppId].ToString();
        if (named.Length == 0)
            return GrpcApi.NoService(http);
        var (appId, ns) = invoker.Split(named);
        if (invoker.IsOwn(appId, ns))
            return ToAppAsync(http, http.Request.Path, keepIdentity: false);
        var policy = context.Block<ResiliencyBlock>().Policies.Proxied(appId, http.Request.Path.Value!);
        return new ProxiedCall(http, invoker.Peers, token => FindPeerAsync(http, named, appId, ns, token)).RunAsync(
            policy,
            context.Options.MaxBodySizeBytes,
            context.Time
        );
    }

    private async Task<Attempt<ProxyDestination>> FindPeerAsync(
        HttpContext http,
        string named,
        string appId,
        string ns,
        CancellationToken cancellationToken
    )
    {
        if (await invoker.FindPeerAsync(appId, ns, cancellationToken).ConfigureAwait(false) is not { } address)
            return new(
                null,
                new Failure(
                    $"failed to invoke, id: {named}, err: couldn't find service: {appId}",
                    GrpcStatus: (int)StatusCode.Internal,
                    Retriable: false
                )
            );
        return new ProxyDestination(
            new Uri(address.Endpoint, PathPrefix + http.Request.Path.ToUriComponent()),
            message =>
            {
                message.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, address.Token);
                message.Headers.TryAddWithoutValidation(HeaderRules.CallerAppId, context.AppId);
                message.Headers.TryAddWithoutValidation(HeaderRules.CallerNamespace, context.Namespace);
                message.Headers.TryAddWithoutValidation(HeaderRules.CalleeAppId, address.AppId);
            },
            () => invoker.Forget(address)
        );
    }

    private Task FromPeerAsync(HttpContext http)
    {
        var method = new PathString(http.Request.Path.Value![PathPrefix.Length..]);
        var caller = new Caller(
            http.Request.Headers[HeaderRules.CallerAppId].ToString(),
            http.Request.Headers[HeaderRules.CallerNamespace].ToString()
        );
        return access.Denies(caller, method.Value!.TrimStart('/'), http.Request.Method) is { } denial
            ? FailAsync(http, StatusCode.PermissionDenied, denial.Message)
            : ToAppAsync(http, method, keepIdentity: true);
    }

    private Task ToAppAsync(HttpContext http, PathString method, bool keepIdentity)
    {
        if (context.App.Port is null || !context.App.Healthy)
            return FailAsync(http, StatusCode.Internal, context.App.Port is null ? "app channel not initialized" : "app is not in a healthy state");
        var app = new ProxyDestination(
            new Uri(context.App.BaseAddress, method.ToUriComponent()),
            message =>
            {
                if (context.Options.AppApiToken is { Length: > 0 } token)
                    message.Headers.TryAddWithoutValidation(ApiPipeline.TokenHeader, token);
                foreach (var name in new[] { HeaderRules.CallerAppId, HeaderRules.CallerNamespace, HeaderRules.CalleeAppId }.Where(_ => keepIdentity))
                {
                    if (http.Request.Headers[name].ToString() is { Length: > 0 } value)
                        message.Headers.TryAddWithoutValidation(name, value);
                }
            }
        );
        return new ProxiedCall(http, context.App.Client, _ => Task.FromResult<Attempt<ProxyDestination>>(app)).RunAsync(
            ResiliencePolicy.None,
            context.Options.MaxBodySizeBytes,
            context.Time
        );
    }

    private static Task FailAsync(HttpContext http, StatusCode code, string message) =>
        GrpcApi.RefuseAsync(http, new RpcException(new Status(code, message)));
}
