using System.Collections.Concurrent;
using System.Net;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Names;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Shell;
using Dapr.Embedded.Workflows.Store;
using Google.Protobuf;

namespace Dapr.Embedded.Workflows.Remote;

/// <summary>
/// Children, activities and events for other apps. Messages stay in the instance's durable outbox until the other sidecar has them on
/// disk; an activity is asked for until it is answered, also after a restart of either side.
/// </summary>
internal sealed class RemoteApps : IAsyncDisposable
{
    public const string MessagePath = "/workflows/message";
    public const string ActivityPath = "/workflows/activity";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly SidecarContext context;
    private readonly WorkflowEngine engine;
    private readonly HttpClient client = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Task, byte> running = [];

    public RemoteApps(SidecarContext context, WorkflowEngine engine)
    {
        this.context = context;
        this.engine = engine;
        engine.Core.HasOutbox = live =>
        {
            if (live.Sending)
                return;
            live.Sending = true;
            Run(() => SendAllAsync(live));
        };
        engine.Core.RunElsewhere = (work, app) => Run(() => RunActivityAsync(work, app));
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        client.Dispose();
        stopping.Dispose();
    }

    private void Run(Func<Task> work)
    {
        var task = Task.Run(work);
        running.TryAdd(task, 0);
        _ = task.ContinueWith(
            done => running.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private async Task SendAllAsync(LiveInstance live)
    {
        while (NextOf(live) is { } message)
        {
            var answer = await CallAsync(message.App!, MessagePath, RecordCodec.Envelope(message with { App = null }).ToByteArray())
                .ConfigureAwait(false);
            lock (engine.Core.Gate)
            {
                engine.Core.Commit(live, new LogRecord(RecordKind.Delivered, [], 1), RecordCodec.ReadMessages(answer));
                engine.Core.Dispatcher.Pump();
            }
        }
    }

    private Message? NextOf(LiveInstance live)
    {
        lock (engine.Core.Gate)
        {
            if (live.State.Outbox.Count > 0 && !live.Purged)
                return live.State.Outbox[0];
            live.Sending = false;
            return null;
        }
    }

    private async Task RunActivityAsync(ActivityWork work, string app)
    {
        var answer = await CallAsync(app, ActivityPath, work.Request.ToByteArray(), () => work.Cancelled).ConfigureAwait(false);
        if (!work.Cancelled)
            await engine.Workers.TakeFromElsewhereAsync(work, ActivityResponse.Parser.ParseFrom(answer)).ConfigureAwait(false);
    }

    /// <summary>Calls the other sidecar until it answers.</summary>
    private async Task<byte[]> CallAsync(string app, string path, byte[] body, Func<bool>? unwanted = null)
    {
        while (unwanted?.Invoke() != true)
        {
            try
            {
                if (await context.Names.FindAsync(app, context.Namespace, stopping.Token).ConfigureAwait(false) is { } address)
                    return await PostAsync(address, path, body).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                // The other sidecar is down or not ready; it is asked again.
            }
            await Task.Delay(Pause, context.Time, stopping.Token).ConfigureAwait(false);
        }
        return [];
    }

    private async Task<byte[]> PostAsync(SidecarAddress address, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address.Endpoint, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, address.Token);
        using var answer = await client.SendAsync(request, stopping.Token).ConfigureAwait(false);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(stopping.Token).ConfigureAwait(false);
    }
}
