using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Conformance.Tests.Backends;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Conformance.Tests.Fixture;

/// <summary>One request that reached the app.</summary>
internal sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Path => Target.Split('?')[0];

    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>What the app answers.</summary>
internal sealed record Reply(int Status, byte[] Body, IReadOnlyDictionary<string, string>? Headers = null)
{
    public static Reply Of(int status, string body = "", string? contentType = null) =>
        new(status, Encoding.UTF8.GetBytes(body), contentType is null ? null : new Dictionary<string, string> { ["content-type"] = contentType });
}

/// <summary>The app behind a sidecar: keeps every request and answers by script, else with an echo or a status.</summary>
internal sealed class RecordingApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();
    private volatile Func<Received, Reply?> _script = _ => null;

    private RecordingApp(WebApplication app, string subscriptions)
    {
        _app = app;
        Subscriptions = subscriptions;
    }

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    public IReadOnlyCollection<Received> All => _received;

    private string Subscriptions { get; }

    /// <param name="subscriptions">The answer to GET /dapr/subscribe.</param>
    /// <param name="host">The loopback address, or any where sidecars run elsewhere.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<RecordingApp> StartAsync(string subscriptions, IPAddress host, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(host, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AddServerHeader = false;
        });
        var web = builder.Build();
        RecordingApp app = new(web, subscriptions);
        web.Run(app.AnswerAsync);
        await web.StartAsync(cancellationToken);
        return app;
    }

    /// <summary>Answers by <paramref name="script"/> until the result is disposed; null means the standard answer.</summary>
    public IDisposable Script(Func<Received, Reply?> script)
    {
        _script = script;
        return new EndOfScript(this);
    }

    /// <summary>Waits until <paramref name="count"/> requests pass the test, and gives all that do.</summary>
    public async Task<IReadOnlyList<Received>> WaitAsync(
        Func<Received, bool> test,
        int count,
        CancellationToken cancellationToken,
        TimeSpan? deadline = null
    )
    {
        await Health.UntilAsync(
            $"the app got {count} such requests (it got {_received.Count(test)})",
            () => Task.FromResult(_received.Count(test) >= count),
            cancellationToken,
            deadline ?? TimeSpan.FromSeconds(20)
        );
        return [.. _received.Where(test)];
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        Received received = new(
            context.Request.Method,
            target,
            context.Request.Headers.ToDictionary(each => each.Key.ToLowerInvariant(), each => string.Join(", ", each.Value.ToArray())),
            body.ToArray()
        );
        var reply = Fixed(received);
        if (reply is null)
        {
            _received.Enqueue(received);
            reply = _script(received) ?? Standard(received);
        }

        context.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers ?? new Dictionary<string, string>())
            context.Response.Headers[name] = value;
        if (reply.Status is 204 or 304 || HttpMethods.IsHead(received.Method))
            return;
        context.Response.ContentLength = reply.Body.Length;
        await context.Response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    private Reply? Fixed(Received received) =>
        (received.Method, received.Path) switch
        {
            ("GET", "/dapr/config") => Reply.Of(404),
            ("GET", "/dapr/subscribe") => Reply.Of(200, Subscriptions, "application/json"),
            ("OPTIONS", "/cron-in") => Reply.Of(200),
            ("OPTIONS", var path) when path.StartsWith("/cron", StringComparison.Ordinal) => Reply.Of(404),
            _ => null,
        };

    private static Reply Standard(Received received)
    {
        if (received.Path.StartsWith("/status/", StringComparison.Ordinal))
            return Reply.Of(
                int.Parse(received.Path["/status/".Length..], System.Globalization.CultureInfo.InvariantCulture),
                $"status {received.Path["/status/".Length..]}",
                "text/plain"
            );
        return received.Path.StartsWith("/echo", StringComparison.Ordinal)
            ? Reply.Of(
                200,
                JsonSerializer.Serialize(
                    new
                    {
                        received.Method,
                        received.Target,
                        received.Headers,
                        Body = received.Text,
                    },
                    JsonSerializerOptions.Web
                ),
                "application/json"
            )
            : Reply.Of(200);
    }

    private sealed class EndOfScript(RecordingApp app) : IDisposable
    {
        public void Dispose() => app._script = _ => null;
    }
}
