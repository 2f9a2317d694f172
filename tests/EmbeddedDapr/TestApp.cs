using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EmbeddedDapr.Tests;

/// <summary>A request that the app got.</summary>
internal sealed record SeenRequest(string Method, string Path, string Query, IHeaderDictionary Headers, string Body, string Protocol);

/// <summary>An HTTP app behind a sidecar: it keeps what it is sent and answers as it is told.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private TestApp(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>What GET /dapr/subscribe gives.</summary>
    public string Subscriptions { get; set; } = "[]";

    /// <summary>The status for a request; 200 by default.</summary>
    public Func<SeenRequest, (int Status, string Body)> Answer { get; set; } = _ => (200, "");

    /// <summary>The answer to a request waits for it.</summary>
    public Func<SeenRequest, Task> Hold { get; set; } = _ => Task.CompletedTask;

    /// <summary>The answer to GET /dapr/subscribe waits for it.</summary>
    public Func<Task> HoldSubscriptions { get; set; } = () => Task.CompletedTask;

    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="configure">Of the listening port; HTTP/1.1 in clear text by default.</param>
    public static async Task<TestApp> StartAsync(CancellationToken cancellationToken, Action<ListenOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, configure ?? (_ => { })));
        var app = builder.Build();
        var made = new TestApp(app);
        app.Run(made.HandleAsync);
        await app.StartAsync(cancellationToken);
        made.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return made;
    }

    /// <summary>Waits until the app has seen that many requests of the kind.</summary>
    public async Task<IReadOnlyList<SeenRequest>> WaitAsync(Func<SeenRequest, bool> of, int count, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var found = Seen.Where(of).ToList();
            if (found.Count >= count)
                return found;
            Assert.False(
                deadline.IsCancellationRequested,
                $"{found.Count} of {count} requests after 30 s; seen: {string.Join(", ", Seen.Select(one => one.Path))}"
            );
            await Task.Delay(10, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var headers = new HeaderDictionary();
        foreach (var (name, value) in http.Request.Headers)
            headers[name] = value;
        var seen = new SeenRequest(
            http.Request.Method,
            http.Request.Path,
            http.Request.QueryString.Value ?? "",
            headers,
            await reader.ReadToEndAsync(),
            $"{http.Request.Scheme} {http.Request.Protocol}"
        );
        if (seen.Path == "/dapr/subscribe")
        {
            await HoldSubscriptions().WaitAsync(http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await http.Response.WriteAsync(Subscriptions);
            return;
        }
        Seen.Enqueue(seen);
        await Hold(seen).WaitAsync(http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var (status, body) = Answer(seen);
        http.Response.StatusCode = status;
        if (body.Length > 0)
            await http.Response.WriteAsync(body);
    }
}
