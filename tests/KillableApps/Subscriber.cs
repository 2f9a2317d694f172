using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KillableApps;

/// <summary>
/// Takes the messages of topic "orders" of each component and records "component text". One in 29 is refused after it was recorded, so that
/// retries are under way at every kill. It prints "+" when a message comes and "-" when it answers.
/// </summary>
internal sealed class Subscriber(WebApplication app) : IAsyncDisposable
{
    public static async Task<Subscriber> StartAsync(int port, EffectLog effects, string[] pubsubs, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        var subscriptions = JsonSerializer.Serialize(
            pubsubs.Select(name => new
            {
                pubsubname = name,
                topic = "orders",
                route = name,
            })
        );
        var taken = 0;
        app.Run(async http =>
        {
            if (http.Request.Path == "/dapr/subscribe")
            {
                await http.Response.WriteAsync(subscriptions, http.RequestAborted);
                return;
            }
            var component = http.Request.Path.Value!.TrimStart('/');
            if (!pubsubs.Contains(component))
            {
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            Console.WriteLine("+");
            using var envelope = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            effects.Record($"{component} {envelope.RootElement.GetProperty("data").GetString()}");
            var number = Interlocked.Increment(ref taken);
            await Task.Delay(number % 40, http.RequestAborted);
            http.Response.StatusCode = number % 29 == 0 ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK;
            Console.WriteLine("-");
        });
        await app.StartAsync(cancellationToken);
        return new Subscriber(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
