using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resources;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>
/// <c>pubsub.sqlite</c>: a broker in a file, for the apps of one machine. A published message is on disk when the publisher is told so, is
/// delivered at least once to each consumer (the app id, or <c>consumerID</c>) also across kill -9 of any process, and comes back with a
/// growing pause when its delivery fails. Metadata: <c>connectionString</c> (path of the file), <c>concurrency</c> (default 10; 1 keeps the
/// order), topic scopes.
/// </summary>
internal sealed class SqliteBroker(SqliteBrokerFile file, string consumer, int concurrency, TopicScopes scopes) : IBroker
{
    public const string TypeName = "pubsub.sqlite";

    public static ComponentType Type { get; } = new(TypeName, StartAsync);

    public IReadOnlyList<string> Capabilities => [];

    public int Concurrency => concurrency;

    public TopicScopes Scopes => scopes;

    public Task PublishAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken) =>
        file.Publishing.AddAsync(messages).WaitAsync(cancellationToken);

    public async Task<IBrokerQueue> SubscribeAsync(string topic, string subscription, CancellationToken cancellationToken) =>
        await file.OpenQueueAsync(new ConsumerKey(topic, consumer), cancellationToken).ConfigureAwait(false);

    /// <summary>The file belongs to all sidecars of the process and is closed with them.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<IComponent> StartAsync(ComponentSpec spec, SidecarContext context, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(FilePath(spec, context));
        var opened = context.Shared.GetOrAdd(
            path,
            () =>
                new OpenFile(
                    SqliteBrokerFile.OpenAsync(path, context.Time, context.LoggerFactory.CreateLogger<SqliteBrokerFile>(), CancellationToken.None)
                )
        );
        var file = await opened.File.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new SqliteBroker(
            file,
            spec.Metadata.Text("consumerID") ?? context.AppId,
            Math.Max(1, spec.Metadata.Whole("concurrency", 10)),
            new TopicScopes(spec.Metadata, context.AppId)
        );
    }

    private static string FilePath(ComponentSpec spec, SidecarContext context)
    {
        if (spec.Metadata.Text("connectionString") is { } given)
            return given.StartsWith("file:", StringComparison.Ordinal) ? given[5..].Split('?')[0] : given;
        return context.DataDirectory is { } folder
            ? Path.Combine(folder, $"pubsub-{spec.Name}.db")
            : throw new ResourceException("metadata connectionString is missing; give it the path of a file, for example .anomaly/pubsub.db");
    }

    /// <summary>The file of a path, opened once for the process.</summary>
    private sealed record OpenFile(Task<SqliteBrokerFile> File) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (File.IsCompletedSuccessfully)
                await File.Result.DisposeAsync().ConfigureAwait(false);
        }
    }
}
