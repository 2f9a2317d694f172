using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.App;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Delivery;
using Dapr.Embedded.Resiliency;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Verb = Dapr.Client.Autogen.Grpc.v1.HTTPExtension.Types.Verb;

namespace Dapr.Embedded.Invocation;

/// <summary>The gRPC app behind this sidecar, called by AppCallback.OnInvoke; its answer is told in HTTP's terms.</summary>
internal sealed class LocalGrpcApp(AppChannel app, SidecarOptions options) : IInvocationChannel
{
    private const int Internal = (int)StatusCode.Internal;

    private static readonly Method<InvokeRequest, InvokeResponse> OnInvoke = new(
        MethodType.Unary,
        "dapr.proto.runtime.v1.AppCallback",
        "OnInvoke",
        GrpcMarshalling.Of<InvokeRequest>(),
        GrpcMarshalling.Of<InvokeResponse>()
    );

    public async Task<Attempt<HttpResponseMessage>> SendAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        if (app.Port is null)
            return new(null, new Failure("cannot invoke local endpoint: app channel not initialized", GrpcStatus: Internal));
        if (!app.Healthy)
            return new(null, new Failure("app is not in a healthy state", GrpcStatus: Internal));
        var message = await MessageAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            return await app.LimitAsync(
                    async () =>
                    {
                        using var call = app
                            .Grpc.CreateCallInvoker()
                            .AsyncUnaryCall(OnInvoke, null, new CallOptions(Headers(request), cancellationToken: cancellationToken), message);
                        var answer = await call.ResponseAsync.ConfigureAwait(false);
                        return Succeeded(answer, await call.ResponseHeadersAsync.ConfigureAwait(false));
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (RpcException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);
        }
        catch (RpcException error) when (error.Status.DebugException is HttpRequestException transport)
        {
            return new(
                null,
                new Failure(
                    InvocationErrors.Rpc(StatusCode.Internal, $"error invoking app channel: {transport.GetBaseException().Message}"),
                    GrpcStatus: Internal
                )
            );
        }
        catch (RpcException error)
        {
            return Answers.Judge(Failed(error.Status));
        }
    }

    private static async Task<InvokeRequest> MessageAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var body = request.Stream is { } stream
            ? await ByteString.FromStreamAsync(stream, cancellationToken).ConfigureAwait(false)
            : ByteString.CopyFrom((request.Body ?? ReadOnlyMemory<byte>.Empty).Span);
        return new InvokeRequest
        {
            Method = request.Method,
            ContentType = request.ContentType ?? "",
            Data = new Any { Value = body },
            HttpExtension = !request.HasVerb
                ? null
                : new HTTPExtension
                {
                    Verb = System.Enum.TryParse<Verb>(request.Verb, ignoreCase: true, out var verb) ? verb : Verb.None,
                    Querystring = request.QueryString.TrimStart('?'),
                },
        };
    }

    private Metadata Headers(InvocationRequest request)
    {
        var headers = new Metadata();
        foreach (var (name, values) in request.Headers)
        {
            if (!GrpcHeaders.IsName(name) || name.Equals("user-agent", StringComparison.OrdinalIgnoreCase))
                continue;
            foreach (var value in values.OfType<string>())
                headers.Add(name.ToLowerInvariant(), value);
        }
        if (request.ContentType is { Length: > 0 } contentType)
            headers.Add("dapr-content-type", contentType);
        if (options.AppApiToken is { Length: > 0 } token)
            headers.Add(ApiPipeline.TokenHeader, token);
        return headers;
    }

    private static HttpResponseMessage Succeeded(InvokeResponse answer, Metadata headers)
    {
        var message = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ReadOnlyMemoryContent(answer.Data?.Value.Memory ?? ReadOnlyMemory<byte>.Empty),
        };
        if (MediaTypeHeaderValue.TryParse(answer.ContentType, out var contentType))
            message.Content.Headers.ContentType = contentType;
        foreach (
            var header in headers.Where(header =>
                !header.IsBinary
                && header.Key is not ("content-type" or "content-length" or "date")
                && !header.Key.StartsWith("grpc-", StringComparison.Ordinal)
            )
        )
            message.Headers.TryAddWithoutValidation(header.Key, header.Value);
        return message;
    }

    private static HttpResponseMessage Failed(Status status)
    {
        var body = $"{{\"code\":{(int)status.StatusCode}, \"message\":{JsonSerializer.Serialize(status.Detail)}}}";
        var message = new HttpResponseMessage((HttpStatusCode)StatusMapping.ToHttp(status.StatusCode))
        {
            Content = new StringContent(body, Encoding.UTF8, "text/plain"),
        };
        message.Headers.TryAddWithoutValidation(HeaderRules.GrpcStatus, ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        message.Headers.TryAddWithoutValidation(HeaderRules.GrpcMessage, Uri.EscapeDataString(status.Detail));
        return message;
    }
}
