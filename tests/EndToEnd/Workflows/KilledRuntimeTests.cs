using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dapr.Anomaly.EndToEnd.Tests.Workflows;

/// <summary>kill -9 of the runtime's process in the middle of running workflows: all end right, each result is in its history once.</summary>
public sealed class KilledRuntimeTests : IAsyncLifetime
{
    private const int Workflows = 40;
    private const int Steps = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string home = Directory.CreateTempSubdirectory("killed-").FullName;
    private readonly int httpPort = FreePort();
    private readonly int grpcPort = FreePort();
    private readonly ConcurrentDictionary<string, int> runs = new();
    private Process runtime = null!;

    public async ValueTask InitializeAsync() => await StartRuntimeAsync();

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task Workflows_under_way_end_completed_with_each_result_once()
    {
        using var worker = Worker();
        await worker.StartAsync(TestContext.Current.CancellationToken);
        var client = worker.Services.GetRequiredService<DaprWorkflowClient>();
        var ids = Enumerable.Range(0, Workflows).Select(n => $"chain-{n}").ToList();
        foreach (var id in ids)
            await client.ScheduleNewWorkflowAsync("Chain", id, Steps);
        for (var kill = 1; kill <= 3; kill++)
        {
            var enough = kill * Workflows;
            await UntilAsync(() => runs.Values.Sum() >= enough);
            await KillAsync();
            await StartRuntimeAsync();
        }
        foreach (var id in ids)
        {
            var state = await EndAsync(client, id);
            Assert.Equal(WorkflowRuntimeStatus.Completed, state.RuntimeStatus);
            Assert.Equal(Enumerable.Range(0, Steps), state.ReadOutputAs<int[]>()!);
            var history = await client.GetInstanceHistoryAsync(id);
            Assert.Equal(Steps, history.Count(one => one.EventType == Dapr.Workflow.Client.WorkflowHistoryEventType.TaskScheduled));
            Assert.Equal(Steps, history.Count(one => one.EventType == Dapr.Workflow.Client.WorkflowHistoryEventType.TaskCompleted));
            Assert.Single(history, one => one.EventType == Dapr.Workflow.Client.WorkflowHistoryEventType.ExecutionCompleted);
        }
        Assert.Equal(Workflows * Steps, runs.Count);
        await worker.StopAsync(TestContext.Current.CancellationToken);
    }

    private IHost Worker()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{grpcPort}";
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<int, int[]>("Chain", async (context, steps) =>
            {
                var results = new int[steps];
                for (var step = 0; step < steps; step++)
                {
                    results[step] = await context.CallActivityAsync<int>("Step", step);
                    if (step == 2)
                        await context.CreateTimer(TimeSpan.FromMilliseconds(200));
                }
                return results;
            });
            workflows.RegisterActivity<int, int>("Step", (context, step) =>
            {
                runs.AddOrUpdate($"{context.InstanceId}/{step}", 1, (_, before) => before + 1);
                return Task.FromResult(step);
            });
        });
        return builder.Build();
    }

    private static async Task<WorkflowState> EndAsync(DaprWorkflowClient client, string id)
    {
        using var limit = new CancellationTokenSource(Patience);
        return await client.WaitForWorkflowCompletionAsync(id, true, limit.Token);
    }

    private async Task StartRuntimeAsync()
    {
        var anomaly = Path.Combine(AppContext.BaseDirectory, "anomaly.dll");
        runtime = Process.Start(new ProcessStartInfo("dotnet", [anomaly, "daprd", "--app-id", "killed", "--dapr-http-port", $"{httpPort}", "--dapr-grpc-port", $"{grpcPort}"])
        {
            Environment = { ["DAPR_EMBEDDED_HOME"] = home }, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        runtime.BeginOutputReadLine();
        runtime.BeginErrorReadLine();
        using var client = new HttpClient();
        await UntilAsync(async () =>
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{httpPort}/v1.0/healthz"), TestContext.Current.CancellationToken);
                return answer.StatusCode == HttpStatusCode.NoContent;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    private async Task KillAsync()
    {
        runtime.Kill();
        await runtime.WaitForExitAsync(CancellationToken.None);
        runtime.Dispose();
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, "the condition is met in time");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
