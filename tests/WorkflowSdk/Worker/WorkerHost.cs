using System.Threading.Channels;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WorkflowSdk.Tests.Worker;

/// <summary>An app with a worker and a client, connected to a runtime.</summary>
internal static class WorkerHost
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task<IHost> StartAsync(
        string endpoint,
        Action<WorkflowRuntimeOptions> configure,
        Action<IServiceCollection>? services = null,
        string? token = null
    )
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = endpoint, ["DAPR_API_TOKEN"] = token }
        );
        builder.Logging.ClearProviders();
        builder.Services.AddDaprWorkflow(configure);
        services?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static async Task<T> NextAsync<T>(this Channel<T> channel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        return await channel.Reader.ReadAsync(deadline.Token);
    }

    public static WorkflowRequest FirstTurn(string name, string instanceId = "one", string? input = null) =>
        new()
        {
            InstanceId = instanceId,
            NewEvents =
            {
                Replay.Story.TurnBegan(0),
                new HistoryEvent
                {
                    EventId = -1,
                    ExecutionStarted = new ExecutionStartedEvent
                    {
                        Name = name,
                        Input = input,
                        WorkflowInstance = new WorkflowInstance { InstanceId = instanceId },
                    },
                },
            },
        };

    public static ActivityRequest Call(string name, string? input = null, int taskId = 3) =>
        new()
        {
            Name = name,
            Input = input,
            TaskId = taskId,
            TaskExecutionId = $"run-{taskId}",
            WorkflowInstance = new WorkflowInstance { InstanceId = "one" },
        };
}
