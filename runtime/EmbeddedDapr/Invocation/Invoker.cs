using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.Invocation;

/// <summary>Finds the way to an app and goes it under the app's policies; HTTP and gRPC callers share it.</summary>
internal sealed class Invoker(SidecarContext context, Func<IInvocationChannel> localApp) : IDisposable
{
    private readonly HttpMessageInvoker peers = new(Handler());
    private readonly HttpMessageInvoker outside = new(Handler());
    private readonly PeerAddresses addresses = new(context);

    /// <summary>The client for other sidecars, which the gRPC proxy shares.</summary>
    public HttpMessageInvoker Peers => peers;

    /// <summary>The app's answer, whatever its status; the caller disposes it.</summary>
    /// <exception cref="Errors.DaprApiException">The runtime could not reach the app, or was not allowed to.</exception>
    public async Task<HttpResponseMessage> InvokeAsync(string target, InvocationRequest request, CancellationToken cancellationToken)
    {
        var (channel, policyName) = Find(target);
        var policy = context.Block<ResiliencyBlock>().Policies.App(policyName, request.Method);
        if (request.Stream is not null)
            policy = policy with { Retry = null };
        var tries = 0;
        var outcome = await policy
            .RunAsync(
                token =>
                {
                    tries++;
                    return channel.SendAsync(request, token);
                },
                context.Time,
                cancellationToken,
                discarded => discarded.Value?.Dispose()
            )
            .ConfigureAwait(false);
        if (outcome.Value is { } answer)
            return answer;
        var failure = outcome.Failure!;
        throw failure.GrpcStatus == (int)Grpc.Core.StatusCode.Unavailable && tries > 1
            ? InvocationErrors.Of(target, $"failed to invoke target {target} after {tries - 1} retries. Error: {failure.Message}")
            : InvocationErrors.Of(target, failure);
    }

    /// <summary>App id and namespace of a name such as <c>orders</c> or <c>orders.prod</c>.</summary>
    public (string AppId, string Namespace) Split(string target)
    {
        var dot = target.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (target, context.Namespace) : (target[..dot], target[(dot + 1)..]);
    }

    /// <summary>The sidecar of an app, null when none is known within a moment.</summary>
    public Task<Names.SidecarAddress?> FindPeerAsync(string appId, string ns, CancellationToken cancellationToken) =>
        addresses.FindAsync(appId, ns, cancellationToken);

    /// <summary>The address did not answer as it should; the next call asks again.</summary>
    public void Forget(Names.SidecarAddress address) => addresses.Forget(address);

    public bool IsOwn(string appId, string ns) => appId == context.AppId && ns == context.Namespace;

    public void Dispose()
    {
        peers.Dispose();
        outside.Dispose();
    }

    private (IInvocationChannel Channel, string PolicyName) Find(string target)
    {
        if (context.Resources.OfKind("HTTPEndpoint").FirstOrDefault(document => document.Name == target) is { } endpoint)
            return (External(endpoint.Spec["baseUrl"]?.ToString() ?? "", endpoint.Spec["headers"] as JsonArray ?? []), target);
        if (target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return (External(target, []), target);
        var (appId, ns) = Split(target);
        return (IsOwn(appId, ns) ? localApp() : new PeerApp(context, addresses, peers, appId, ns), appId);
    }

    private ExternalEndpoint External(string baseUrl, JsonArray headers)
    {
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw InvocationErrors.Of(baseUrl, $"'{baseUrl}' is no http or https address");
        return new ExternalEndpoint(
            outside,
            address,
            [
                .. headers
                    .OfType<JsonObject>()
                    .Select(header => new KeyValuePair<string, string>(header["name"]?.ToString() ?? "", header["value"]?.ToString() ?? "")),
            ]
        );
    }

    private static SocketsHttpHandler Handler() =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
}
