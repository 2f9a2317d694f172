using System.Text.Json.Nodes;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Dapr.Workflow.Worker.Replay;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace WorkflowSdk.Tests.Replay;

/// <summary>
/// Whole turns on file, request and answer: ids, task execution ids and child ids are part of histories that outlive a version of this
/// assembly, so a changed answer here is a broken promise to running instances.
/// </summary>
public class GoldenTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden");

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_recorded_turn_is_answered_as_recorded(string file)
    {
        var recorded = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{file}.json")))!;
        var request = JsonParser.Default.Parse<WorkflowRequest>(recorded["request"]!.ToJsonString());

        var response = WorkflowExecution.Begin(request, Find, new JsonDaprSerializer(), NullLoggerFactory.Instance).Answer;

        foreach (var each in response.Actions)
            if (each.CompleteWorkflow?.FailureDetails is { } details)
                details.StackTrace = null;
        var answered = JsonNode.Parse(JsonFormatter.Default.Format(response))!;
        Assert.True(JsonNode.DeepEquals(recorded["response"], answered), $"{file} was answered with\n{answered}");
    }

    private static IWorkflow Find(string name)
    {
        WorkflowsFactory factory = new();
        factory.RegisterWorkflow<string, string>(
            "Chain",
            async (context, input) => await context.CallActivityAsync<string>("B", await context.CallActivityAsync<string>("A", input))
        );
        factory.RegisterWorkflow<int[], int>(
            "FanOut",
            async (context, input) =>
            {
                context.SetCustomStatus(new { Parts = input.Length });
                var parts = await Task.WhenAll(input.Select(each => context.CallActivityAsync<int>("Square", each)));
                return parts.Sum();
            }
        );
        factory.RegisterWorkflow<string, bool>(
            "Approval",
            async (context, _) =>
            {
                try
                {
                    return await context.WaitForExternalEventAsync<bool>("Approve", TimeSpan.FromHours(1));
                }
                catch (TaskCanceledException)
                {
                    return await context.CallActivityAsync<bool>("Escalate");
                }
            }
        );
        factory.RegisterWorkflow<string, int>(
            "Retry",
            async (context, _) =>
                await context.CallActivityAsync<int>(
                    "Flaky",
                    options: new WorkflowTaskOptions(new WorkflowRetryPolicy(4, TimeSpan.FromSeconds(5), 2.0))
                )
        );
        factory.RegisterWorkflow<int, int>(
            "Parent",
            async (context, input) =>
            {
                var child = context.CallChildWorkflowAsync<int>("Child", input);
                context.SendEvent("other", "begun", context.NewGuid());
                return await child + await context.CallChildWorkflowAsync<int>("Child", input, new ChildWorkflowTaskOptions("child-2"));
            }
        );
        factory.RegisterWorkflow<int, int>(
            "Monitor",
            async (context, round) =>
            {
                await context.CreateTimer(TimeSpan.FromMinutes(5));
                context.ContinueAsNew(round + 1);
                return 0;
            }
        );
        using var services = new ServiceCollection().BuildServiceProvider();
        Assert.True(factory.TryCreateWorkflow(name, services, out var workflow, out _));
        return workflow;
    }
}
