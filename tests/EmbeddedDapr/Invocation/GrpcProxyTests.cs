using Dapr.Client;
using Dapr.Embedded;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedDapr.Tests.Invocation;

/// <summary>gRPC methods of an app, called through the gRPC port of another sidecar: all kinds of calls, and the policies of the target.</summary>
public sealed class GrpcProxyTests
{
    private const string Retries = "retry: thrice";

    private static readonly StringValue Hello = new() { Value = "hello" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caller")]
    [InlineData("callee")]
    public async Task Unary_HeadersMessageAndTrailers_ComeThrough(string through)
    {
        await using var running = await StartAsync();
        using var call = running
            .Invoker(through)
            .AsyncUnaryCall(EchoApp.Unary, null, running.Options(("x-mine", "v"), ("dapr-caller-app-id", "forged")), Hello);
        Assert.Equal(Hello, await call.ResponseAsync);
        Assert.Equal("begin", (await call.ResponseHeadersAsync).GetValue("x-header"));
        Assert.Equal("end", call.GetTrailers().GetValue("x-trailer"));
        var seen = Assert.Single(running.App.Calls);
        Assert.Equal(("v", through == "caller" ? "caller" : null), (seen.GetValue("x-mine"), seen.GetValue("dapr-caller-app-id")));
        Assert.DoesNotContain(seen, header => header.Key is "dapr-app-id" or "dapr-embedded-token");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Duplex_EachMessageIsAnsweredBeforeTheNextIsSent(bool hasPolicies)
    {
        await using var running = await StartAsync(hasPolicies ? Retries : "");
        using var call = running.Invoker("caller").AsyncDuplexStreamingCall(EchoApp.DuplexStreaming, null, running.Options(("dapr-stream", "true")));
        for (var i = 0; i < 20; i++)
        {
            await call.RequestStream.WriteAsync(new StringValue { Value = $"{i}" }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal($"{i}", call.ResponseStream.Current.Value);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task ClientStreaming_LargeMessages_ComeThroughWhole()
    {
        await using var running = await StartAsync();
        var parts = Enumerable.Range(0, 8).Select(i => new string((char)('a' + i), 300_000)).ToList();
        using var call = running.Invoker("caller").AsyncClientStreamingCall(EchoApp.ClientStreaming, null, running.Options());
        foreach (var part in parts)
            await call.RequestStream.WriteAsync(new StringValue { Value = part }, Token);
        await call.RequestStream.CompleteAsync();
        Assert.Equal(string.Join(',', parts), (await call.ResponseAsync).Value);
    }

    [Fact]
    public async Task Duplex_CallerLeaves_TheAppsCallIsCancelled()
    {
        await using var running = await StartAsync();
        var cancelled = new TaskCompletionSource();
        running.App.Before = (_, call) =>
        {
            call.CancellationToken.Register(cancelled.SetResult);
            return Task.CompletedTask;
        };
        using (var call = running.Invoker("caller").AsyncDuplexStreamingCall(EchoApp.DuplexStreaming, null, running.Options()))
        {
            await call.RequestStream.WriteAsync(Hello, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
        }
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task Calls_OneAfterTheOtherOnOneConnection_DoNotDisturbEachOther()
    {
        // A stream that the app ends first leaves its request unread; the connection must still serve the next call.
        await using var running = await StartAsync(Retries);
        var invoker = running.Invoker("caller");
        running.App.Before = (_, call) =>
            call.Method.EndsWith("DuplexStreaming", StringComparison.Ordinal)
                ? throw new RpcException(new Status(StatusCode.OutOfRange, "enough"))
                : Task.CompletedTask;
        for (var i = 0; i < 30; i++)
        {
            using var call = invoker.AsyncDuplexStreamingCall(EchoApp.DuplexStreaming, null, running.Options(("dapr-stream", "1")));
            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
            Assert.Equal(StatusCode.OutOfRange, error.StatusCode);
            Assert.Equal(Hello, await invoker.AsyncUnaryCall(EchoApp.Unary, null, running.Options(), Hello).ResponseAsync);
        }
    }

    [Fact]
    public async Task Unary_NoPolicyForTheTarget_AFailureOfTheAppIsNotRepeated()
    {
        await using var running = await StartAsync();
        var error = await FailsAsync(running, StatusCode.Unavailable);
        Assert.Equal((StatusCode.Unavailable, "as asked"), (error.StatusCode, error.Status.Detail));
        Assert.Single(running.App.Calls);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.NotFound)]
    public async Task Unary_RetryPolicy_RepeatsAndGivesTheLastStatus(StatusCode code)
    {
        await using var running = await StartAsync(Retries);
        var error = await FailsAsync(running, code);
        Assert.Equal((code, "as asked"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(4, running.App.Calls.Count);
    }

    [Fact]
    public async Task Unary_RetryPolicy_TheTryThatSucceedsIsTheAnswer()
    {
        await using var running = await StartAsync(Retries);
        running.App.Before = (number, _) => number < 3 ? throw new RpcException(new Status(StatusCode.Internal, "not yet")) : Task.CompletedTask;
        using var call = running.Invoker("caller").AsyncUnaryCall(EchoApp.Unary, null, running.Options(), Hello);
        Assert.Equal(Hello, await call.ResponseAsync);
        Assert.Equal("end", call.GetTrailers().GetValue("x-trailer"));
        Assert.Equal(3, running.App.Calls.Count);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, 4)]
    [InlineData(StatusCode.DataLoss, 4)]
    [InlineData(StatusCode.Internal, 1)]
    public async Task Unary_RetryPolicyWithMatchingCodes_RepeatsThoseOnly(StatusCode code, int calls)
    {
        await using var running = await StartAsync("retry: some");
        await FailsAsync(running, code);
        Assert.Equal(calls, running.App.Calls.Count);
    }

    [Fact]
    public async Task Unary_OwnApp_HasNoPolicies()
    {
        await using var running = await StartAsync(Retries);
        var error = await FailsAsync(running, StatusCode.Unavailable, through: "callee");
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Single(running.App.Calls);
    }

    [Fact]
    public async Task Unary_TimeoutOfTheTarget_IsDeadlineExceededForEachTry()
    {
        await using var running = await StartAsync("timeout: short, retry: thrice");
        running.App.Before = (_, call) => Task.Delay(Timeout.Infinite, call.CancellationToken);
        var call = running.Invoker("caller").AsyncUnaryCall(EchoApp.Unary, null, running.Options(), Hello);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal((StatusCode.DeadlineExceeded, "context deadline exceeded"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(4, running.App.Calls.Count);
    }

    [Fact]
    public async Task Unary_BreakerOfTheTarget_OpensForOneMethod()
    {
        await using var running = await StartAsync("circuitBreaker: two");
        for (var i = 0; i < 2; i++)
            Assert.Equal("as asked", (await FailsAsync(running, StatusCode.Internal)).Status.Detail);
        var open = await FailsAsync(running, StatusCode.Internal);
        Assert.Equal((StatusCode.Unknown, "circuit breaker is open"), (open.StatusCode, open.Status.Detail));
        Assert.Equal(2, running.App.Calls.Count);

        running.App.Before = (_, _) => Task.CompletedTask;
        using var other = running.Invoker("caller").AsyncServerStreamingCall(EchoApp.ServerStreaming, null, running.Options(), Hello);
        Assert.Equal(3, await CountAsync(other.ResponseStream));
    }

    [Fact]
    public async Task ServerStreaming_FailsAfterAMessage_IsNotRepeated()
    {
        await using var running = await StartAsync(Retries);
        running.App.After = (_, _) => throw new RpcException(new Status(StatusCode.Aborted, "half way"));
        using var call = running.Invoker("caller").AsyncServerStreamingCall(EchoApp.ServerStreaming, null, running.Options(), Hello);
        for (var i = 0; i < 3; i++)
            Assert.True(await call.ResponseStream.MoveNext(Token));
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal((StatusCode.Aborted, "half way"), (error.StatusCode, error.Status.Detail));
        Assert.Single(running.App.Calls);
    }

    [Fact]
    public async Task ClientStreaming_WithRetriesAndWithoutTheStreamHeader_IsRefusedAtTheSecondMessage()
    {
        await using var running = await StartAsync(Retries);
        using var call = running.Invoker("caller").AsyncClientStreamingCall(EchoApp.ClientStreaming, null, running.Options());
        await call.RequestStream.WriteAsync(Hello, Token);
        await call.RequestStream.WriteAsync(Hello, Token).ContinueWith(_ => { }, TaskScheduler.Default);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(
            (StatusCode.FailedPrecondition, "cannot use resiliency policies with retries on streaming RPCs"),
            (error.StatusCode, error.Status.Detail)
        );
    }

    [Fact]
    public async Task Stream_WithTheStreamHeader_OutlivesTheTimeoutAndIsNotRepeated()
    {
        var clock = new FakeTimeProvider();
        await using var running = await StartAsync("timeout: short, retry: thrice", clock);
        var release = new TaskCompletionSource();
        running.App.Before = (_, _) => release.Task;
        running.App.After = (_, _) => throw new RpcException(new Status(StatusCode.Unavailable, "over"));
        using var call = running.Invoker("caller").AsyncDuplexStreamingCall(EchoApp.DuplexStreaming, null, running.Options(("dapr-stream", "true")));
        await call.RequestStream.WriteAsync(Hello, Token);
        await Eventually.TrueAsync(() => Task.FromResult(!running.App.Calls.IsEmpty), "the call is with the app", Token);
        clock.Advance(TimeSpan.FromHours(1));
        release.SetResult();
        Assert.True(await call.ResponseStream.MoveNext(Token));
        await call.RequestStream.CompleteAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal((StatusCode.Unavailable, "over"), (error.StatusCode, error.Status.Detail));
        Assert.Single(running.App.Calls);
    }

    [Fact]
    public async Task Unary_MessageOverTheLimitThatWouldHaveToBeKept_IsResourceExhausted()
    {
        await using var running = await StartAsync(Retries);
        var call = running
            .Invoker("caller")
            .AsyncUnaryCall(EchoApp.Unary, null, running.Options(), new StringValue { Value = new string('x', 5 << 20) });
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Empty(running.App.Calls);
    }

    [Fact]
    public async Task Unary_TheCalleesSidecarCameUpElsewhere_TheFirstCallFindsIt()
    {
        await using var running = await StartAsync();
        Assert.Equal(Hello, await running.Invoker("caller").AsyncUnaryCall(EchoApp.Unary, null, running.Options(), Hello).ResponseAsync);
        await running.Dapr.Sidecars["callee"].DisposeAsync();
        await running.Dapr.AddSidecarAsync(
            new SidecarOptions
            {
                AppId = "callee",
                AppPort = running.App.Port,
                AppProtocol = AppProtocol.Grpc,
            },
            Token
        );
        Assert.Equal(Hello, await running.Invoker("caller").AsyncUnaryCall(EchoApp.Unary, null, running.Options(), Hello).ResponseAsync);
    }

    [Theory]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    public async Task Unary_AppThatSpeaksNoGrpc_ItsHttpStatusIsTheCodeThatGrpcKnowsItBy(int status, StatusCode code)
    {
        await using var app = await TestApp.StartAsync(
            Token,
            listen => listen.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2
        );
        app.Answer = _ => (status, "");
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = app.Port,
                        AppProtocol = AppProtocol.Grpc,
                    },
                    new SidecarOptions { AppId = "caller" },
                ],
            },
            Token
        );
        await dapr.Sidecars["callee"].ReadyAsync(Token);
        foreach (var through in new[] { "callee", "caller" })
        {
            var invoker = DaprClient.CreateInvocationInvoker("callee", dapr.Sidecars[through].GrpcEndpoint.ToString());
            var error = await Assert.ThrowsAsync<RpcException>(() =>
                invoker.AsyncUnaryCall(EchoApp.Unary, null, new CallOptions(cancellationToken: Token), Hello).ResponseAsync
            );
            Assert.Equal(code, error.StatusCode);
        }
    }

    private static async Task<RpcException> FailsAsync(Running running, StatusCode code, string through = "caller")
    {
        running.App.Before = (_, _) => throw new RpcException(new Status(code, "as asked"));
        var call = running.Invoker(through).AsyncUnaryCall(EchoApp.Unary, null, running.Options(), Hello);
        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
    }

    private static async Task<int> CountAsync(IAsyncStreamReader<StringValue> stream)
    {
        var count = 0;
        while (await stream.MoveNext(Token))
            count++;
        return count;
    }

    private static async Task<Running> StartAsync(string target = "", TimeProvider? time = null)
    {
        var app = await EchoApp.StartAsync(Token);
        var resources =
            target.Length == 0
                ? new ResourcesFolder()
                : new ResourcesFolder(
                    $$"""
                    apiVersion: dapr.io/v1alpha1
                    kind: Resiliency
                    metadata:
                      name: r
                    spec:
                      policies:
                        timeouts: {short: 200ms}
                        retries:
                          thrice: {policy: constant, duration: 5ms, maxRetries: 3}
                          some: {policy: constant, duration: 5ms, maxRetries: 3, matching: {gRPCStatusCodes: "14-16"} }
                        circuitBreakers:
                          two: {timeout: 1h, trip: consecutiveFailures >= 2}
                      targets:
                        apps:
                          callee: { {{target}} }
                    """
                );
        var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = app.Port,
                        AppProtocol = AppProtocol.Grpc,
                        ResourcesPaths = [resources.Path],
                    },
                    new SidecarOptions { AppId = "caller", ResourcesPaths = [resources.Path] },
                ],
                Time = time ?? TimeProvider.System,
            },
            Token
        );
        await dapr.Sidecars["callee"].ReadyAsync(Token);
        return new Running(app, dapr, resources);
    }

    private sealed record Running(EchoApp App, Dapr.Embedded.EmbeddedDapr Dapr, ResourcesFolder Resources) : IAsyncDisposable
    {
        public CallInvoker Invoker(string through) => DaprClient.CreateInvocationInvoker("callee", Dapr.Sidecars[through].GrpcEndpoint.ToString());

        public CallOptions Options(params (string Name, string Value)[] headers)
        {
            var metadata = new Metadata();
            foreach (var (name, value) in headers)
                metadata.Add(name, value);
            return new CallOptions(metadata, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(60), cancellationToken: Token);
        }

        public async ValueTask DisposeAsync()
        {
            await Dapr.DisposeAsync();
            await App.DisposeAsync();
            Resources.Dispose();
        }
    }
}
