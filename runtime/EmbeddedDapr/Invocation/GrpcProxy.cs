using System.Net;
using Dapr.Embedded.AccessControl;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Names;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Dapr.Embedded.Invocation;

/// <summary>
/// Any gRPC method of any app: a call of the gRPC port with metadata <c>dapr-app-id</c> goes to that app, streams included, straight or by
/// way of its sidecar. YARP carries the bytes.
/// </summary>
internal sealed class GrpcProxy(SidecarContext context, Invoker invoker, AccessControlBlock access) : IAsyncDisposable
{
    private const string PathPrefix = "/proxy";

    private static readonly ForwarderRequestConfig Http2 = new()
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // A stream may be silent for long; its own deadline ends it.
        ActivityTimeout = TimeSpan.FromDays(1),
    };

    private readonly ServiceProvider services = new ServiceCollection().AddLogging().AddHttpForwarder().BuildServiceProvider();

    public void MapInternal(IEndpointRouteBuilder routes) => routes.Map(PathPrefix + "/{**method}", FromPeerAsync);

    /// <summary>A call of the gRPC port that is for no service of the runtime.</summary>
    public async Task FromCallerAsync(HttpContext http)
    {
        var named = http.Request.Headers[HeaderRules.AppId].ToString();
        if (named.Length == 0)
            named = http.Request.Headers[HeaderRules.CalleeAppId].ToString();
        if (named.Length == 0)
        {
            await GrpcApi.NoService(http).ConfigureAwait(false);
            return;
        }
        var (appId, ns) = invoker.Split(named);
        if (invoker.IsOwn(appId, ns))
        {
            await ToAppAsync(http, http.Request.Path, keepIdentity: false).ConfigureAwait(false);
            return;
        }
        if (await invoker.FindPeerAsync(appId, ns, http.RequestAborted).ConfigureAwait(false) is not { } address)
        {
            await FailAsync(http, StatusCode.Internal, $"failed to invoke, id: {named}, err: couldn't find service: {appId}").ConfigureAwait(false);
            return;
        }
        await ForwardAsync(http, address.Endpoint + PathPrefix.TrimStart('/'), invoker.Peers, message =>
        {
            message.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, address.Token);
            message.Headers.TryAddWithoutValidation(HeaderRules.CallerAppId, context.AppId);
            message.Headers.TryAddWithoutValidation(HeaderRules.CallerNamespace, context.Namespace);
            message.Headers.TryAddWithoutValidation(HeaderRules.CalleeAppId, address.AppId);
        }).ConfigureAwait(false);
    }

    private async Task FromPeerAsync(HttpContext http)
    {
        var method = new PathString(http.Request.Path.Value![PathPrefix.Length..]);
        var caller = new Caller(http.Request.Headers[HeaderRules.CallerAppId].ToString(), http.Request.Headers[HeaderRules.CallerNamespace].ToString());
        if (access.Denies(caller, method.Value!.TrimStart('/'), http.Request.Method) is { } denial)
            await FailAsync(http, StatusCode.PermissionDenied, denial.Message).ConfigureAwait(false);
        else
            await ToAppAsync(http, method, keepIdentity: true).ConfigureAwait(false);
    }

    private async Task ToAppAsync(HttpContext http, PathString method, bool keepIdentity)
    {
        if (context.App.Port is null || !context.App.Healthy)
        {
            await FailAsync(http, StatusCode.Internal, context.App.Port is null ? "app channel not initialized" : "app is not in a healthy state").ConfigureAwait(false);
            return;
        }
        var identity = new[] { HeaderRules.CallerAppId, HeaderRules.CallerNamespace, HeaderRules.CalleeAppId }.Select(name => (name, http.Request.Headers[name].ToString())).ToList();
        http.Request.Path = method;
        await ForwardAsync(http, context.App.BaseAddress.ToString(), context.App.Client, message =>
        {
            if (context.Options.AppApiToken is { Length: > 0 } token)
                message.Headers.TryAddWithoutValidation(ApiPipeline.TokenHeader, token);
            foreach (var (name, value) in identity.Where(one => keepIdentity && one.Item2.Length > 0))
                message.Headers.TryAddWithoutValidation(name, value);
        }).ConfigureAwait(false);
    }

    private async Task ForwardAsync(HttpContext http, string prefix, HttpMessageInvoker client, Action<HttpRequestMessage> sign)
    {
        var error = await services.GetRequiredService<IHttpForwarder>().SendAsync(http, prefix, client, Http2, new Transform(sign), http.RequestAborted).ConfigureAwait(false);
        if (error != ForwarderError.None && !http.Response.HasStarted)
            await FailAsync(http, StatusCode.Unavailable, $"the app cannot be reached: {http.Features.Get<IForwarderErrorFeature>()?.Exception?.Message ?? error.ToString()}").ConfigureAwait(false);
    }

    private static Task FailAsync(HttpContext http, StatusCode code, string message) => GrpcApi.RefuseAsync(http, new RpcException(new Status(code, message)));

    public ValueTask DisposeAsync() => services.DisposeAsync();

    /// <summary>All headers go on but those that the runtime owns; trailers come back.</summary>
    private sealed class Transform(Action<HttpRequestMessage> sign) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken).ConfigureAwait(false);
            foreach (var name in HeaderRules.OwnedIdentity)
                proxyRequest.Headers.Remove(name);
            proxyRequest.Headers.Host = null;
            var trace = TraceContext.Of(httpContext).Child();
            if (trace.Exists)
            {
                proxyRequest.Headers.Remove("traceparent");
                proxyRequest.Headers.TryAddWithoutValidation("traceparent", trace.TraceParent);
            }
            sign(proxyRequest);
        }
    }
}
