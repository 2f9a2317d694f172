using System.Text;
using System.Text.Json;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Bindings;

/// <summary>What an app may answer to a binding event, and that no answer ends the events.</summary>
public sealed class InputBindingAnswerTests
{
    private static readonly string[] Components =
    [
        Component("tick", "bindings.cron", ("schedule", "@every 1s"), ("direction", "input")),
        Component("s", "state.in-memory"),
        Component("files", "bindings.localstorage", ("rootPath", "$FOLDER/files")),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SEQUENTIAL")]
    [InlineData("PARALLEL")]
    public async Task HttpApp_AnswersWithStateAndTo_BothAreDone(string concurrency)
    {
        var clock = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = seen =>
            (
                200,
                seen.Path == "/tick"
                    ? $$$"""{"storeName":"s","state":[{"key":"k","value":{"n":1}}],"to":["files"],"data":"kept","concurrency":"{{{concurrency}}}"}"""
                    : ""
            );
        await using var sidecar = await StartAsync(Components, Token, options => options with { AppPort = app.Port }, clock);
        await sidecar.Sidecar.ReadyAsync(Token);
        await AssertStateAndFileAsync(sidecar, clock);
    }

    [Fact]
    public async Task GrpcApp_AnswersWithStatesAndTo_BothAreDone()
    {
        var clock = new FakeTimeProvider();
        await using var app = await CallbackApp.StartAsync(Token);
        app.Bindings.Add("tick");
        app.Binding = _ => new BindingEventResponse
        {
            StoreName = "s",
            States =
            {
                new StateItem { Key = "k", Value = ByteString.CopyFromUtf8("""{"n":1}""") },
            },
            To = { "files" },
            Data = ByteString.CopyFromUtf8("\"kept\""),
            Concurrency = BindingEventResponse.Types.BindingEventConcurrency.Parallel,
        };
        await using var sidecar = await StartAsync(
            Components,
            Token,
            options => options with { AppPort = app.Port, AppProtocol = AppProtocol.Grpc },
            clock
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        await AssertStateAndFileAsync(sidecar, clock);
    }

    [Theory]
    [InlineData("""{"to":["no-such-binding"],"data":1}""")]
    [InlineData("""{"storeName":"no-such-store","state":[{"key":"k","value":1}]}""")]
    [InlineData("""{"storeName":"s","state":[{"key":"a||b","value":1}]}""")]
    [InlineData("""{"to":"files"}""")]
    public async Task HttpApp_AnswerThatCannotBeDone_TheNextEventComes(string answer)
    {
        var clock = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = seen => (200, seen.Path == "/tick" ? answer : "");
        await using var sidecar = await StartAsync(Components, Token, options => options with { AppPort = app.Port }, clock);
        await sidecar.Sidecar.ReadyAsync(Token);
        await TicksAsync(app, clock, 3);
    }

    [Fact]
    public async Task HttpApp_TimeoutOfThePolicyOnEveryEvent_TheNextEventComes()
    {
        var clock = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(Token);
        var never = new TaskCompletionSource();
        app.Hold = seen => seen.Path == "/tick" ? never.Task : Task.CompletedTask;
        await using var sidecar = await StartAsync(
            [
                .. Components,
                """
                apiVersion: dapr.io/v1alpha1
                kind: Resiliency
                metadata:
                  name: r
                spec:
                  policies:
                    timeouts: {short: 100ms}
                  targets:
                    components:
                      tick: {inbound: {timeout: short}}
                """,
            ],
            Token,
            options => options with { AppPort = app.Port },
            clock
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        await TicksAsync(app, clock, 3);
        never.SetResult();
    }

    [Fact]
    public async Task HttpApp_SilentOnOptions_GetsNoEventsAndHoldsUpNobody()
    {
        var clock = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(Token);
        var never = new TaskCompletionSource();
        app.Hold = seen => seen is { Method: "OPTIONS", Path: "/asked" } ? never.Task : Task.CompletedTask;
        await using var sidecar = await StartAsync(
            [
                .. Components,
                Component("asked", "bindings.cron", ("schedule", "@every 1s")),
                Component("out", "bindings.cron", ("schedule", "@every 1s"), ("direction", "output")),
            ],
            Token,
            options => options with { AppPort = app.Port, AppBindingOptionsTimeout = TimeSpan.FromMilliseconds(100) },
            clock
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        await TicksAsync(app, clock, 3);
        Assert.DoesNotContain(app.Seen, seen => seen is { Method: "POST", Path: "/asked" } or { Path: "/out" });
        never.SetResult();
    }

    private static async Task AssertStateAndFileAsync(TestSidecar sidecar, FakeTimeProvider clock)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                using var state = await sidecar.Http.GetAsync("/v1.0/state/s/k", Token);
                return (int)state.StatusCode == 200
                    && await state.Content.ReadAsStringAsync(Token) == """{"n":1}"""
                    && await FilesAsync(sidecar) is [var file, ..]
                    // A file is there before its content is.
                    && await File.ReadAllTextAsync(file, Token) == "kept";
            },
            "the state is saved and the file is written",
            Token
        );
    }

    private static async Task<string[]> FilesAsync(TestSidecar sidecar)
    {
        using var list = await sidecar.Http.PostAsync(
            "/v1.0/bindings/files",
            new StringContent("""{"operation":"list"}""", Encoding.UTF8, "application/json"),
            Token
        );
        return list.IsSuccessStatusCode ? JsonSerializer.Deserialize<string[]>(await list.Content.ReadAsStringAsync(Token)) ?? [] : [];
    }

    private static Task TicksAsync(TestApp app, FakeTimeProvider clock, int count) =>
        Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(app.Seen.Count(seen => seen is { Method: "POST", Path: "/tick" }) >= count);
            },
            $"{count} events came",
            Token
        );
}
