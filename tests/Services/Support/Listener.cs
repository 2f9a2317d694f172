using System.Collections.Concurrent;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Services.Tests.Support;

/// <summary>An app that keeps what it hears on a topic.</summary>
internal sealed class Listener<T>
    where T : class
{
    private readonly ConcurrentQueue<T> _heard = [];

    public IReadOnlyList<T> Heard => [.. _heard];

    public static async Task<Listener<T>> StartAsync(TestDapr dapr, string topic, Func<ReadOnlyMemory<byte>, T>? read = null)
    {
        var listener = new Listener<T>();
        await dapr.AddAsync($"listener-{topic}", args => listener.Build(args, topic, read ?? JsonMessage.Read<T>));
        return listener;
    }

    private WebApplication Build(string[] args, string topic, Func<ReadOnlyMemory<byte>, T> read)
    {
        var app = AnomalyApp.CreateBuilder("listener", args).Build();
        app.UseAnomalyDefaults()
            .MapTopic(
                "/heard",
                topic,
                (_, content) => read(content),
                (_, message, _) =>
                {
                    _heard.Enqueue(message);
                    return Task.CompletedTask;
                }
            );
        return app;
    }
}
