using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>Slack and PagerDuty of the campaign: keeps what it accepted, and can be made to fail.</summary>
internal sealed class ChaosReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Route, string Key, bool Opens)> _accepted = [];
    private volatile Func<HttpContext, Task<bool>>? _trouble;

    private ChaosReceiver(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First() + "/");

    /// <summary>Messages that were accepted: route, incident, and whether it opens.</summary>
    public IReadOnlyCollection<(string Route, string Key, bool Opens)> Accepted => _accepted;

    public static async Task<ChaosReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new ChaosReceiver(app);
        app.MapPost("/{route}", receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    public void Make(Func<HttpContext, Task<bool>>? trouble) => _trouble = trouble;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(string route, HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        if (_trouble is { } trouble && await trouble(context))
            return;
        var text = body.RootElement.GetRawText();
        _accepted.Enqueue(
            route == "pagerduty"
                ? (
                    route,
                    body.RootElement.GetProperty("dedup_key").GetString()!,
                    body.RootElement.GetProperty("event_action").GetString() == "trigger"
                )
                : (
                    route,
                    System.Text.RegularExpressions.Regex.Match(text, @"chaos/workload-\d\d@\d+T\d+Z").Value,
                    !text.Contains("Resolved", StringComparison.Ordinal)
                )
        );
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
