using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>
/// Stands in for Slack, PagerDuty and Alertmanager on this machine: it keeps what the bindings post, so that the demo can show and assert that
/// messages really arrived.
/// </summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<ReceivedMessage> _arrivals = Channel.CreateUnbounded<ReceivedMessage>();
    private readonly ConcurrentQueue<ReceivedMessage> _messages = new();

    private WebhookReceiver(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = new("http://127.0.0.1");

    public IReadOnlyCollection<ReceivedMessage> Messages => _messages;

    public ChannelReader<ReceivedMessage> Arrivals => _arrivals.Reader;

    public static async Task<WebhookReceiver> StartAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.MapPost(
            "/{name}",
            async (string name, HttpRequest request) =>
            {
                using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
                receiver.Keep(new(name, time.GetUtcNow(), body.RootElement.Clone()));
                return Results.Accepted();
            }
        );
        await app.StartAsync(cancellationToken);
        receiver.Url = new Uri(app.Urls.First());
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Keep(ReceivedMessage message)
    {
        _messages.Enqueue(message);
        _arrivals.Writer.TryWrite(message);
    }
}

/// <param name="Receiver"><c>slack</c>, <c>pagerduty</c>, <c>alertmanager</c>: the path that was posted to.</param>
public sealed record ReceivedMessage(string Receiver, DateTimeOffset At, JsonElement Body);
