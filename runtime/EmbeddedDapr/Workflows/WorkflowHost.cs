using Dapr.Embedded.Hosting;
using Dapr.Embedded.Workflows.Remote;
using Dapr.Embedded.Workflows.Shell;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Workflows;

/// <summary>Opens the engine of an app when its first workflow call comes, so that apps without workflows pay nothing.</summary>
internal sealed class WorkflowHost(SidecarContext context) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private WorkflowSettings settings = WorkflowSettings.Read(null);
    private WorkflowEngine? engine;
    private RemoteApps? remote;
    private FileStream? ownership;

    /// <summary>Cancelled when the sidecar drains: work item streams end.</summary>
    public CancellationToken Stopping => stopping.Token;

    public WorkflowEngine? Opened => engine;

    /// <exception cref="RpcException">Another process runs the workflows of this app on the same folder.</exception>
    public WorkflowEngine Engine
    {
        get
        {
            if (engine is { } opened)
                return opened;
            lock (gate)
                return engine ??= Open();
        }
    }

    /// <summary>Reads the Configuration, so that a wrong one is refused at the start and not at the first call.</summary>
    /// <exception cref="Resources.ResourceException">A setting cannot be understood.</exception>
    public void Configure()
    {
        settings = WorkflowSettings.Read(context.Resources.Configuration.Section("workflow"));
        if (settings.Unused.Count > 0)
            context
                .LoggerFactory.CreateLogger<WorkflowEngine>()
                .LogWarning("Configuration: workflow.{Settings} has no effect here", string.Join(", workflow.", settings.Unused));
    }

    public Task StopStreamsAsync() => stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        if (remote is not null)
            await remote.DisposeAsync().ConfigureAwait(false);
        if (engine is not null)
            await engine.DisposeAsync().ConfigureAwait(false);
        if (ownership is not null)
            await ownership.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }

    private WorkflowEngine Open()
    {
        var log = context.LoggerFactory.CreateLogger<WorkflowEngine>();
        var limit = context.Options.MaxBodySizeBytes;
        var facts = new EngineFacts(context.AppId, (int)(limit * 0.95), limit, settings.Limits, settings.Retention, context.Time, log);
        return new WorkflowEngine(PathOf(context), facts, opened => remote = new RemoteApps(context, opened));
    }

    private string? PathOf(SidecarContext sidecar)
    {
        if (sidecar.DataDirectory is not { } folder)
            return null;
        var path = Path.Combine(folder, $"workflows.{Uri.EscapeDataString(sidecar.AppId)}.db");
        try
        {
            ownership = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new RpcException(
                new Status(
                    StatusCode.FailedPrecondition,
                    $"{path}: another process runs the workflows of app {sidecar.AppId} on this folder; give it a folder of its own"
                )
            );
        }
        return path;
    }
}
