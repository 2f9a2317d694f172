using System.Globalization;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resiliency;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Invocation;

/// <summary>
/// The callee's side of an invocation between sidecars: who calls is checked, then the app is called once; policies are the caller's.
/// </summary>
internal sealed class PeerRoutes(Func<IInvocationChannel> localApp, AccessControl.AccessControlBlock access)
{
    private static readonly string[] IdentityHeaders = [HeaderRules.CallerAppId, HeaderRules.CallerNamespace, HeaderRules.CalleeAppId];

    public void Map(IEndpointRouteBuilder routes) => routes.Map(PeerApp.PathPrefix + "/{**method}", InvokeAsync);

    private async Task InvokeAsync(HttpContext http)
    {
        var raw = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var mark = raw.IndexOf('?', StringComparison.Ordinal);
        var method = MethodPath.Clean((mark < 0 ? raw : raw[..mark])[PeerApp.PathPrefix.Length..]);
        var caller = new AccessControl.Caller(
            http.Request.Headers[HeaderRules.CallerAppId].ToString(),
            http.Request.Headers[HeaderRules.CallerNamespace].ToString()
        );
        if (access.Denies(caller, method, http.Request.Method) is { } denial)
        {
            await RefuseAsync(http, denial).ConfigureAwait(false);
            return;
        }
        var headers = HeaderRules.ForCallee(http.Request.Headers, TraceContext.Of(http));
        headers.AddRange(IdentityHeaders.Select(name => new KeyValuePair<string, string?[]>(name, http.Request.Headers[name].ToArray())));
        var request = new InvocationRequest
        {
            Verb = http.Request.Method,
            HasVerb = !http.Request.Headers.ContainsKey(HeaderRules.NoVerb),
            Method = method,
            QueryString = mark < 0 ? "" : raw[mark..],
            Headers = headers,
            ContentType = http.Request.ContentType,
            Stream =
                http.Request.ContentLength is null && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
                    ? http.Request.Body
                    : null,
        };
        if (request.Stream is null)
            request = request with { Body = await RequestBody.ReadAsync(http, int.MaxValue).ConfigureAwait(false) };
        var outcome = await localApp().SendAsync(request, http.RequestAborted).ConfigureAwait(false);
        if (outcome.Value is not { } answer)
        {
            await RefuseAsync(http, outcome.Failure!).ConfigureAwait(false);
            return;
        }
        using (answer)
        {
            http.Response.Headers[HeaderRules.FromApp] = "1";
            foreach (var name in new[] { HeaderRules.GrpcStatus, HeaderRules.GrpcMessage })
            {
                if (answer.Headers.TryGetValues(name, out var values))
                    http.Response.Headers[name] = values.ToArray();
            }
            await InvocationRoutes.WriteAsync(http, answer).ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpContext http, Failure failure)
    {
        http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        http.Response.Headers[HeaderRules.SidecarError] = (failure.GrpcStatus ?? 2).ToString(CultureInfo.InvariantCulture);
        return http.Response.WriteAsync(failure.Message, http.RequestAborted);
    }
}
