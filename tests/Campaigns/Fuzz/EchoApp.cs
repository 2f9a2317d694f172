using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>The HTTP app behind the fuzzed runtime: marks each answer as its own and keeps the messages that it is sent under a name.</summary>
internal sealed class EchoApp : IAsyncDisposable
{
    /// <summary>Header of each answer.</summary>
    public const string Mark = "x-answer-of-the-app";

    private const string Subscriptions = """
        [{"pubsubname":"p","topic":"t",
          "routes":{"rules":[{"match":"event.data.a > 1 && event.type.startsWith('x')","path":"/high"}],"default":"/on"},"deadLetterTopic":"dead"},
         {"pubsubname":"p","topic":"dead","route":"/dead","metadata":{"rawPayload":"true"}},
         {"pubsubname":"p","topic":"bulk","route":"/bulk","bulkSubscribe":{"enabled":true,"maxMessagesCount":5,"maxAwaitDurationMs":10}},
         {"pubsubname":"b","topic":"t","route":"/on"},{"pubsubname":"b","topic":"bulk","route":"/bulk"},
         {"pubsubname":"b","topic":"dead","route":"/dead"},
         {"pubsubname":"p","topic":"control","route":"/control"},{"pubsubname":"b","topic":"control","route":"/control"}]
        """;

    private readonly WebApplication app;

    private EchoApp(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    /// <summary>Bodies that came to /control.</summary>
    public ConcurrentQueue<string> Controls { get; } = new();

    public static async Task<EchoApp> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                (kestrel.Limits.MaxRequestHeaderCount, kestrel.Limits.MaxRequestHeadersTotalSize) = (5000, 256 << 10);
                kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
                kestrel.Listen(IPAddress.Loopback, 0);
            });
        var app = builder.Build();
        var made = new EchoApp(app);
        app.Run(made.AnswerAsync);
        await app.StartAsync(cancellationToken);
        made.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers[Mark] = "1";
        if (http.Request.Path == "/dapr/subscribe")
        {
            await http.Response.WriteAsync(Subscriptions, http.RequestAborted);
            return;
        }
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        if (http.Request.Path == "/control")
            Controls.Enqueue(body);
        if (http.Request.Path.Value!.EndsWith("/404", StringComparison.Ordinal))
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        await http.Response.WriteAsync("ok", http.RequestAborted);
    }
}
