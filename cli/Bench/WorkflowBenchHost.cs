using Dapr.Embedded;
using Dapr.Workflow;

namespace Dapr.Anomaly.Cli.Bench;

/// <summary>Embedded runtime, workflow worker and client in this process, connected over real ports.</summary>
internal sealed class WorkflowBenchHost : IAsyncDisposable
{
    private const string ChainName = "BenchChain";
    private const string CollectName = "BenchCollect";
    private const string StepName = "BenchStep";
    private const string EventName = "BenchEvent";
    private readonly string? folder;
    private readonly bool isTemporary;
    private readonly EmbeddedDapr dapr;
    private readonly IHost worker;
    private readonly DaprWorkflowClient client;

    private WorkflowBenchHost(string? folder, bool isTemporary, EmbeddedDapr dapr, IHost worker)
    {
        this.folder = folder;
        this.isTemporary = isTemporary;
        this.dapr = dapr;
        this.worker = worker;
        client = worker.Services.GetRequiredService<DaprWorkflowClient>();
    }

    /// <summary>Size of the log, as the folder has it.</summary>
    public double StoreMegabytes => folder is null ? 0 : Directory.GetFiles(folder, "workflows.*").Sum(file => new FileInfo(file).Length) / 1e6;

    public static async Task<WorkflowBenchHost> StartAsync(string? data, bool memory, CancellationToken cancellationToken)
    {
        var folder = memory ? null : data ?? Directory.CreateTempSubdirectory("anomaly-bench-").FullName;
        var options = new EmbeddedDaprOptions { DataDirectory = folder, Sidecars = [new SidecarOptions { AppId = "bench" }] };
        var dapr = await EmbeddedDapr.StartAsync(options, cancellationToken);
        var worker = Worker(dapr.Sidecars["bench"].GrpcEndpoint);
        await worker.StartAsync(cancellationToken);
        return new WorkflowBenchHost(folder, data is null, dapr, worker);
    }

    /// <summary>One workflow of activities one after another; whether its result is right.</summary>
    public async Task<bool> ChainAsync(int activities, CancellationToken cancellationToken) =>
        await EndAsync(await client.ScheduleNewWorkflowAsync(ChainName, null, activities), cancellationToken) == activities;

    /// <summary>One workflow that waits for events one after another; whether it got all, in order.</summary>
    public async Task<bool> CollectAsync(int events, int atOnce, CancellationToken cancellationToken)
    {
        var id = await client.ScheduleNewWorkflowAsync(CollectName, null, events);
        var next = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, atOnce)
                .Select(async _ =>
                {
                    while (Interlocked.Increment(ref next) <= events)
                        await client.RaiseEventAsync(id, EventName, 1, cancellationToken);
                })
        );
        return await EndAsync(id, cancellationToken) == events;
    }

    public Task StopAsync(CancellationToken cancellationToken) => worker.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        worker.Dispose();
        await dapr.DisposeAsync();
        if (folder is not null && isTemporary)
            Directory.Delete(folder, recursive: true);
    }

    private async Task<int> EndAsync(string id, CancellationToken cancellationToken)
    {
        var state = await client.WaitForWorkflowCompletionAsync(id, true, cancellationToken);
        return state.RuntimeStatus == WorkflowRuntimeStatus.Completed ? state.ReadOutputAs<int>() : -1;
    }

    private static IHost Worker(Uri endpoint)
    {
        // Without the default configuration, which watches files that a bench may be writing beside.
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["DAPR_GRPC_ENDPOINT"] = endpoint.ToString();
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<int, int>(
                ChainName,
                async (context, steps) =>
                {
                    var value = 0;
                    for (var step = 0; step < steps; step++)
                        value = await context.CallActivityAsync<int>(StepName, value);
                    return value;
                }
            );
            workflows.RegisterWorkflow<int, int>(
                CollectName,
                async (context, events) =>
                {
                    var sum = 0;
                    for (var each = 0; each < events; each++)
                        sum += await context.WaitForExternalEventAsync<int>(EventName);
                    return sum;
                }
            );
            workflows.RegisterActivity<int, int>(StepName, (_, value) => Task.FromResult(value + 1));
        });
        return builder.Build();
    }
}
