using System.Globalization;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Delivery;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.WebUtilities;
using Verb = Dapr.Client.Autogen.Grpc.v1.HTTPExtension.Types.Verb;

namespace Dapr.Embedded.Invocation;

/// <summary>InvokeService: invocation as the older gRPC clients do it.</summary>
internal sealed class InvokeServiceMethod(Invoker invoker)
{
    public void Map(GrpcMethods methods) => methods.Unary<InvokeServiceRequest, InvokeResponse>("InvokeService", InvokeAsync);

    private async Task<InvokeResponse> InvokeAsync(InvokeServiceRequest request, ServerCallContext call)
    {
        if (request.Message is not { } message)
            throw new DaprApiException(400, StatusCode.InvalidArgument, "ERR_DIRECT_INVOKE", "the request has no message") { GrpcErrorInfo = false };
        var http = call.GetHttpContext();
        var extension = message.HttpExtension;
        using var answer = await invoker
            .InvokeAsync(
                request.Id,
                new InvocationRequest
                {
                    Verb = extension is null or { Verb: Verb.None } ? "POST" : extension.Verb.ToString().ToUpperInvariant(),
                    HasVerb = extension is not (null or { Verb: Verb.None }),
                    Method = MethodPath.Clean(message.Method),
                    QueryString = extension is { Querystring.Length: > 0 } ? "?" + extension.Querystring.TrimStart('?') : "",
                    Headers = HeaderRules.ForCallee(http.Request.Headers, TraceContext.Of(http).Child()),
                    ContentType = message.ContentType,
                    Body = message.Data?.Value.Memory ?? ReadOnlyMemory<byte>.Empty,
                },
                call.CancellationToken
            )
            .ConfigureAwait(false);
        var body = await answer.Content.ReadAsByteArrayAsync(call.CancellationToken).ConfigureAwait(false);
        ThrowIfFailed(answer, body);
        await call.WriteResponseHeadersAsync(Headers(answer)).ConfigureAwait(false);
        return new InvokeResponse
        {
            Data = new Any { Value = UnsafeByteOperations.UnsafeWrap(body) },
            ContentType = answer.Content.Headers.ContentType?.ToString() ?? "",
        };
    }

    /// <summary>A gRPC app's status as it is; the status of an HTTP app as the code and details that daprd makes of it.</summary>
    private static void ThrowIfFailed(HttpResponseMessage answer, byte[] body)
    {
        if (
            answer.Headers.TryGetValues(HeaderRules.GrpcStatus, out var codes)
            && int.TryParse(codes.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
        )
        {
            var text = answer.Headers.TryGetValues(HeaderRules.GrpcMessage, out var messages) ? Uri.UnescapeDataString(messages.First()) : "";
            throw new RpcException(new Status((StatusCode)code, text));
        }
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode)
            return;
        var phrase = ReasonPhrases.GetReasonPhrase(status);
        throw new DaprApiException(status, StatusMapping.ToGrpc(status), phrase, phrase)
        {
            Details =
            [
                ErrorDetails.Info(
                    phrase,
                    ("http.code", status.ToString(CultureInfo.InvariantCulture)),
                    ("http.error_message", System.Text.Encoding.UTF8.GetString(body))
                ),
            ],
        };
    }

    private static Metadata Headers(HttpResponseMessage answer)
    {
        var headers = new Metadata { { "dapr-http-status", ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture) } };
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HeaderRules.ComesBack(name) || !GrpcHeaders.IsName(name))
                continue;
            var key = name.ToLowerInvariant();
            if (key is "content-type" or "content-length" or "date")
                key = "dapr-" + key;
            foreach (var value in values.Where(value => value.All(c => c is >= ' ' and <= '~')))
                headers.Add(key, value);
        }
        return headers;
    }
}
