using CsCheck;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using Dapr.Embedded.Names;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EmbeddedDapr.Tests.Workflows.TaskHub;

/// <summary>No client can crash or wedge the engine: after any amount of nonsense a well-behaved workflow still runs to its end.</summary>
public sealed class HostileClientTests
{
    private static readonly string[] Methods =
    [
        "StartInstance",
        "GetInstance",
        "RaiseEvent",
        "TerminateInstance",
        "SuspendInstance",
        "ResumeInstance",
        "PurgeInstances",
        "CompleteOrchestratorTask",
        "CompleteWorkflowTask",
        "CompleteActivityTask",
        "ListInstanceIDs",
        "GetInstanceHistory",
        "RerunWorkflowFromEvent",
        "Hello",
        "QueryInstances",
    ];

    [Fact]
    public async Task Random_bytes_on_every_method_leave_the_engine_working()
    {
        await using var dapr = await StartAsync();
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        var random = new Random(17);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(0, 60)];
            random.NextBytes(bytes);
            await TolerateAsync(() => worker.CallRawAsync(Methods[random.Next(Methods.Length)], bytes));
        }
        await worker.DisconnectAsync();
        await RunsToItsEndAsync(dapr);
    }

    [Fact]
    public async Task Random_answers_to_turns_leave_no_instance_stuck()
    {
        await using var dapr = await StartAsync();
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        var random = new Random(23);
        for (var round = 0; round < 60; round++)
        {
            var id = $"victim-{round}";
            var start = worker.StartAsync(id);
            var turn = await worker.NextAsync();
            while (turn.WorkflowRequest?.InstanceId != id)
                turn = await worker.NextAsync();
            await worker.AnswerAsync(turn, [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => RandomAction(random, round))]);
            await TolerateAsync(() => start);
        }
        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(async round =>
                {
                    if (await worker.StateAsync($"victim-{round}") is not { CompletedTimestamp: null })
                        return;
                    await worker.CallAsync<TerminateRequest, TerminateResponse>(
                        "TerminateInstance",
                        new TerminateRequest { InstanceId = $"victim-{round}", Recursive = true }
                    );
                    Assert.NotNull((await worker.EndAsync($"victim-{round}")).CompletedTimestamp);
                })
        );
        await worker.DisconnectAsync();
        await RunsToItsEndAsync(dapr);
    }

    /// <summary>Kept, such an activity made every later answer of any worker fail.</summary>
    [Fact]
    public async Task What_another_sidecar_sends_and_cannot_be_read_is_refused_and_not_kept()
    {
        var names = Directory.CreateTempSubdirectory("names");
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { NamesDirectory = names.FullName, Sidecars = [new SidecarOptions { AppId = "a" }] },
            TestContext.Current.CancellationToken
        );
        await using (var reader = await DiskNames.OpenAsync(names.FullName, TimeProvider.System, TestContext.Current.CancellationToken))
        {
            var address = (await reader.FindAsync("a", "default", TestContext.Current.CancellationToken))!;
            using var other = new HttpClient
            {
                BaseAddress = address.Endpoint,
                DefaultRequestVersion = System.Net.HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            other.DefaultRequestHeaders.Add(SidecarAddress.TokenHeader, address.Token);
            foreach (
                var (path, body) in new (string, byte[])[]
                {
                    ("/workflows/activity", []),
                    ("/workflows/activity", [0xFF]),
                    ("/workflows/message", []),
                    ("/workflows/message", [0x0A, 0x05]),
                }
            )
            {
                using var content = new ByteArrayContent(body);
                using var answer = await other.PostAsync(path, content, TestContext.Current.CancellationToken);
                Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
            }
        }
        await RunsToItsEndAsync(dapr);
        names.Delete(recursive: true);
    }

    private static WorkflowAction RandomAction(Random random, int round)
    {
        var action = new WorkflowAction { Id = random.Next(-3, 5) };
        switch (random.Next(11))
        {
            case 0:
                action.ScheduleTask = new ScheduleTaskAction();
                break;
            case 1:
                action.CreateTimer = new CreateTimerAction
                {
                    FireAt = new Timestamp { Seconds = (random.Next(2) == 0 ? 1 : -1) * random.NextInt64(1L << 50), Nanos = random.Next() },
                };
                break;
            case 2:
                action.CreateChildWorkflow = new CreateChildWorkflowAction
                {
                    InstanceId = random.Next(2) == 0 ? "" : $"victim-{random.Next(round + 1)}",
                    Name = "W",
                };
                break;
            case 3:
                action.SendEvent = new SendEventAction { Name = "e" };
                break;
            case 4:
                action.SendEvent = new SendEventAction { Instance = new WorkflowInstance { InstanceId = $"victim-{random.Next(round + 1)}" } };
                break;
            case 5:
                action.CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = (OrchestrationStatus)random.Next(-1, 12) };
                break;
            case 6:
                action.TerminateWorkflow = new TerminateWorkflowAction { InstanceId = $"victim-{random.Next(round + 1)}", Recurse = true };
                break;
            case 7:
                action.CreateDetachedWorkflow = new CreateDetachedWorkflowAction
                {
                    InstanceId = random.Next(2) == 0 ? "" : "detached",
                    ScheduledStartTimestamp = new Timestamp { Seconds = long.MaxValue },
                };
                break;
            case 8:
                action.WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction();
                break;
            case 9:
                // A field that no version has.
                action.MergeFrom(new byte[] { 0xFA, 0x01, 0x02, 0x08, 0x01 });
                break;
            default:
                action.CompleteWorkflow = new CompleteWorkflowAction
                {
                    WorkflowStatus = OrchestrationStatus.ContinuedAsNew,
                    CarryoverEvents =
                    {
                        new HistoryEvent(),
                        new HistoryEvent { EventRaised = new EventRaisedEvent() },
                    },
                };
                break;
        }
        return action;
    }

    private static Task<Dapr.Embedded.EmbeddedDapr> StartAsync() =>
        Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] },
            TestContext.Current.CancellationToken
        );

    private static async Task RunsToItsEndAsync(Dapr.Embedded.EmbeddedDapr dapr)
    {
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        var start = worker.StartAsync("good");
        var done = false;
        while (!done)
        {
            var item = await worker.NextAsync();
            if (item.ActivityRequest?.WorkflowInstance.InstanceId == "good")
                await worker.FinishAsync(item, "1");
            else if (item.WorkflowRequest?.InstanceId == "good")
            {
                done = item.WorkflowRequest.PastEvents.Count > 0;
                await worker.AnswerAsync(item, done ? HandWorker.Complete(1, "\"fine\"") : HandWorker.Activity(0, "A"));
            }
        }
        await start;
        Assert.Equal("\"fine\"", (await worker.EndAsync("good")).Output);
    }

    private static async Task TolerateAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException refused)
        {
            Assert.NotEqual(StatusCode.Unavailable, refused.StatusCode);
        }
    }
}
