using System.Globalization;
using System.Net;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resiliency;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation.Proxy;

/// <summary>Where one try of a proxied call goes.</summary>
/// <param name="Address">The method at the other side.</param>
/// <param name="Sign">Adds what only the runtime may say.</param>
/// <param name="Lost">Told when nobody answers there.</param>
internal sealed record ProxyDestination(Uri Address, Action<HttpRequestMessage> Sign, Action? Lost = null);

/// <summary>
/// One call of a gRPC method, carried byte by byte under the policies of its target. As in daprd, a call that says <c>dapr-stream: true</c>
/// has them for its connection only; for any other one they cover all of it. What was passed on to the caller is never repeated.
/// </summary>
internal sealed class ProxiedCall(HttpContext http, HttpMessageInvoker client, Func<CancellationToken, Task<Attempt<ProxyDestination>>> find)
{
    private const string StreamHeader = "dapr-stream";

    private static readonly HashSet<string> Truths = new(StringComparer.OrdinalIgnoreCase) { "y", "yes", "true", "t", "on", "1" };

    /// <summary>Runs the call to its end; what goes wrong becomes its status.</summary>
    /// <param name="policy">Of the target.</param>
    /// <param name="limitBytes">Largest message of a call that may be repeated.</param>
    /// <param name="time">Clock of timeouts and pauses.</param>
    public async Task RunAsync(ResiliencePolicy policy, int limitBytes, TimeProvider time)
    {
        var isStream = Truths.Contains(http.Request.Headers[StreamHeader].ToString().Trim());
        var messages = new ProxiedMessages(http, keep: policy.Retry is not null && !isStream, limitBytes);
        await using var ending = messages.ConfigureAwait(false);
        using var calls = new ProxiedConnections(http.RequestAborted);
        try
        {
            var outcome = await policy
                .RunAsync(
                    async token =>
                    {
                        var opened = await OpenAsync(messages, calls, isStream, token).ConfigureAwait(false);
                        return opened.Value is { } call && !isStream
                            ? await FinishAsync(call, messages, policy.Retry is not null, token).ConfigureAwait(false)
                            : opened;
                    },
                    time,
                    http.RequestAborted
                )
                .ConfigureAwait(false);
            if (isStream && outcome.Value is { } stream)
                outcome = await FinishAsync(stream, messages, holdHeaders: false, http.RequestAborted).ConfigureAwait(false);
            End(outcome);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
        }
    }

    /// <summary>Connects and sends; a peer that is not where it was is looked up once more.</summary>
    private async Task<Attempt<OpenCall>> OpenAsync(
        ProxiedMessages messages,
        ProxiedConnections calls,
        bool isStream,
        CancellationToken cancellationToken
    )
    {
        for (var isLast = false; ; isLast = true)
        {
            var found = await find(cancellationToken).ConfigureAwait(false);
            if (found.Value is not { } destination)
                return new(null, found.Failure);
            var content = new ProxiedContent(messages);
            // A stream lives on when the time for its connection is over; any other call ends with it.
            var call = calls.Add(destination, Message(destination, content), isStream ? CancellationToken.None : cancellationToken);
            call.Answer = client.SendAsync(call.Request, call.Token);
            try
            {
                await (await Task.WhenAny(call.Answer, content.Begun).WaitAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                return call;
            }
            catch (Exception error) when (IsOfTheConnection(error, cancellationToken))
            {
                destination.Lost?.Invoke();
                if (isLast || destination.Lost is null)
                    return new(null, Unreachable(error));
            }
        }
    }

    private async Task<Attempt<OpenCall>> FinishAsync(OpenCall call, ProxiedMessages messages, bool holdHeaders, CancellationToken cancellationToken)
    {
        try
        {
            var response = await call.Answer!.WaitAsync(cancellationToken).ConfigureAwait(false);
            var answer = call.Take(response);
            if (response.StatusCode != HttpStatusCode.OK)
                return new(null, NoGrpc(call, (int)response.StatusCode));
            var passedOn = await answer.PassOnAsync(http, holdHeaders, cancellationToken).ConfigureAwait(false);
            call.IsUnsent = !passedOn;
            return answer.Status is 0
                ? call
                : new Attempt<OpenCall>(call, new Failure(answer.Message, GrpcStatus: answer.Status, Retriable: !passedOn));
        }
        catch (OperationCanceledException) when (http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            return new(null, Failure.DeadlineExceeded with { Retriable = false });
        }
        catch (Exception error) when (IsOfTheConnection(error, cancellationToken))
        {
            return new(
                null,
                messages.Refusal is { } refusal
                    ? new Failure(refusal.Detail, GrpcStatus: (int)refusal.StatusCode, Retriable: false)
                    : Unreachable(error) with
                    {
                        Retriable = !http.Response.HasStarted,
                    }
            );
        }
    }

    /// <summary>The client cancels a body by itself when the other side has ended the call before the body was sent.</summary>
    private static bool IsOfTheConnection(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private void End(Attempt<OpenCall> outcome)
    {
        if (outcome.Value is { } call)
        {
            if (call.IsUnsent)
                call.Received!.End(http);
            return;
        }
        var failure = outcome.Failure!;
        var code = failure.GrpcStatus ?? (int)StatusCode.Unknown;
        if (http.Response.HasStarted)
        {
            http.Response.AppendTrailer("grpc-status", code.ToString(CultureInfo.InvariantCulture));
            http.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(failure.Message));
        }
        else
            GrpcApi.RefuseAsync(http, new RpcException(new Status((StatusCode)code, failure.Message)));
    }

    private HttpRequestMessage Message(ProxyDestination destination, ProxiedContent content)
    {
        var message = new HttpRequestMessage(new HttpMethod(http.Request.Method), destination.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        foreach (var (name, values) in http.Request.Headers)
        {
            if (!HeaderRules.IsProxied(name))
                continue;
            if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        var trace = TraceContext.Of(http).Child();
        if (trace.Exists)
        {
            message.Headers.Remove("traceparent");
            message.Headers.TryAddWithoutValidation("traceparent", trace.TraceParent);
        }
        destination.Sign(message);
        return message;
    }

    /// <summary>
    /// The status by which gRPC knows an answer that is none of its own; a peer that refuses the token is another one at the same address.
    /// </summary>
    private static Failure NoGrpc(OpenCall call, int status)
    {
        var isLost = status == 401 && call.Destination.Lost is not null;
        if (isLost)
            call.Destination.Lost!();
        var code = status switch
        {
            400 => StatusCode.Internal,
            401 => isLost ? StatusCode.Unavailable : StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 => StatusCode.Unimplemented,
            429 or 502 or 503 or 504 => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        return new Failure($"unexpected HTTP status code received from server: {status}", GrpcStatus: (int)code);
    }

    private static Failure Unreachable(Exception error) =>
        new($"the app cannot be reached: {error.Message}", GrpcStatus: (int)StatusCode.Unavailable);
}
