using System.Buffers;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Invocation;

/// <summary>Invocation over HTTP: by path, and for whatever has no route by header or Basic auth.</summary>
internal sealed class InvocationRoutes(SidecarContext context, Invoker invoker)
{
    public void Map(IEndpointRouteBuilder routes) => routes.Map("/v1.0/invoke/{**rest}", InvokeAsync);

    public async Task InvokeAsync(HttpContext http)
    {
        if (InvocationTarget.Of(http) is not { } target)
        {
            await HttpApi.NoRoute(http).ConfigureAwait(false);
            return;
        }
        try
        {
            var request = await ReadAsync(http, target).ConfigureAwait(false);
            using var answer = await invoker.InvokeAsync(target.AppId, request, http.RequestAborted).ConfigureAwait(false);
            await WriteAsync(http, answer).ConfigureAwait(false);
        }
        catch (BodyTooLargeException error)
        {
            throw InvocationErrors.Of(target.AppId, error.Message);
        }
    }

    private async Task<InvocationRequest> ReadAsync(HttpContext http, InvocationTarget target)
    {
        var request = new InvocationRequest
        {
            Verb = http.Request.Method,
            Method = target.Method,
            QueryString = target.QueryString,
            Headers = HeaderRules.ForCallee(http.Request.Headers, TraceContext.Of(http).Child()),
            ContentType = http.Request.ContentType,
        };
        if (http.Request.ContentLength is null && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            return request with { Stream = new LimitedStream(http.Request.Body, context.Options.MaxBodySizeBytes) };
        return request with { Body = await RequestBody.ReadAsync(http, context.Options.MaxBodySizeBytes).ConfigureAwait(false) };
    }

    /// <summary>Status, headers and body of the app, each piece of the body as soon as it is there.</summary>
    public static async Task WriteAsync(HttpContext http, HttpResponseMessage answer)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (HeaderRules.ComesBack(name))
                http.Response.Headers[name] = values.ToArray();
        }
        if (HasNoBody(answer))
        {
            http.Response.Headers.Remove("Content-Length");
            return;
        }
        await using var body = await answer.Content.ReadAsStreamAsync(http.RequestAborted).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(16 << 10);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, http.RequestAborted).ConfigureAwait(false)) > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted).ConfigureAwait(false);
                await http.Response.Body.FlushAsync(http.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (HttpRequestException)
        {
            // The app broke off in the middle of its answer; so must this one, or the caller takes a part for the whole.
            http.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Some apps name a length in answers that cannot have a body.</summary>
    private static bool HasNoBody(HttpResponseMessage answer) => (int)answer.StatusCode is 204 or 205 or < 200;
}
