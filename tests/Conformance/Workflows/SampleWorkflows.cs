using Dapr.Workflow;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>Small workflows, each for one feature.</summary>
internal static class SampleWorkflows
{
    /// <summary>What a changed program is simulated with: which instances run the new code.</summary>
    public static readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> Changed = new();

    public static void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<CountCalls>("Count");
        options.RegisterActivity<int, int>("Double", (_, input) => Task.FromResult(2 * input));
        options.RegisterActivity<string, string>("Fail", (_, message) => throw new InvalidOperationException(message));
        options.RegisterActivity<FailTwice>("FailTwice");
        options.RegisterActivity<int, string>("Text", (_, length) => Task.FromResult(new string('x', length)));
        options.RegisterActivity<string?, string?>("Null", (_, input) => Task.FromResult(input is null ? null : "not null"));
        options.RegisterActivity<string, string>(
            "Key",
            (context, _) => Task.FromResult($"{context.InstanceId}|{context.TaskExecutionKey}|{context.Identifier}")
        );

        options.RegisterWorkflow<int, int>(
            "Chain",
            async (context, input) => await context.CallActivityAsync<int>("Double", await context.CallActivityAsync<int>("Double", input))
        );
        options.RegisterWorkflow<int, int>(
            "FanOut",
            async (context, count) =>
                (await Task.WhenAll(Enumerable.Range(1, count).Select(each => context.CallActivityAsync<int>("Double", each)))).Sum()
        );
        options.RegisterWorkflow<string, string>(
            "Catch",
            async (context, message) =>
            {
                try
                {
                    return await context.CallActivityAsync<string>("Fail", message);
                }
                catch (WorkflowTaskFailedException failure)
                {
                    return failure.FailureDetails.ToString();
                }
            }
        );
        options.RegisterWorkflow<string, string>("CallFail", (context, message) => context.CallActivityAsync<string>("Fail", message));
        options.RegisterWorkflow<string, int>(
            "Retry",
            (context, key) =>
                context.CallActivityAsync<int>("FailTwice", key, new WorkflowTaskOptions(new WorkflowRetryPolicy(5, TimeSpan.FromMilliseconds(50))))
        );
        options.RegisterWorkflow<int, double>(
            "Sleep",
            async (context, milliseconds) =>
            {
                var began = context.CurrentUtcDateTime;
                await context.CreateTimer(TimeSpan.FromMilliseconds(milliseconds));
                return (context.CurrentUtcDateTime - began).TotalMilliseconds;
            }
        );
        options.RegisterWorkflow<int, string>(
            "Collect",
            async (context, count) =>
            {
                List<string> seen = [];
                while (seen.Count < count)
                    seen.Add(await context.WaitForExternalEventAsync<string>("Item"));
                return string.Join(",", seen);
            }
        );
        options.RegisterWorkflow<int, string>(
            "WaitOr",
            async (context, milliseconds) =>
            {
                try
                {
                    return await context.WaitForExternalEventAsync<string>("Item", TimeSpan.FromMilliseconds(milliseconds));
                }
                catch (TaskCanceledException)
                {
                    return "timeout";
                }
            }
        );
        options.RegisterWorkflow<string, string>(
            "Parent",
            async (context, child) =>
            {
                try
                {
                    var options = new ChildWorkflowTaskOptions($"{context.InstanceId}-child");
                    return $"child said {await context.CallChildWorkflowAsync<object>(child, "\"5\"".Length, options)}";
                }
                catch (WorkflowTaskFailedException failure)
                {
                    return $"{failure.Message}: {failure.FailureDetails.ErrorMessage}";
                }
            }
        );
        options.RegisterWorkflow<string, string>(
            "ParentOfWaiter",
            (context, _) => context.CallChildWorkflowAsync<string>("Collect", 1, new ChildWorkflowTaskOptions($"{context.InstanceId}-child"))
        );
        options.RegisterWorkflow<int, string>("FailAlways", (_, number) => throw new ArgumentException($"no {number}"));
        options.RegisterWorkflow<int, int>(
            "CountDown",
            async (context, left) =>
            {
                await context.CallActivityAsync<int>("Double", left);
                if (left > 0)
                    context.ContinueAsNew(left - 1);
                return left;
            }
        );
        options.RegisterWorkflow<List<string>, string>(
            "TakeOneEach",
            async (context, taken) =>
            {
                taken.Add(await context.WaitForExternalEventAsync<string>("Item"));
                if (taken.Count < 5)
                    context.ContinueAsNew(taken);
                return string.Join(",", taken);
            }
        );
        options.RegisterWorkflow<string, string>(
            "Status",
            async (context, _) =>
            {
                context.SetCustomStatus(new { Step = "waiting" });
                return await context.WaitForExternalEventAsync<string>("Item");
            }
        );
        options.RegisterWorkflow<string, int>(
            "CountAfterEvent",
            async (context, key) =>
            {
                await context.WaitForExternalEventAsync<string>("Item");
                return await context.CallActivityAsync<int>("Count", key);
            }
        );
        options.RegisterWorkflow<int, int>("Large", async (context, length) => (await context.CallActivityAsync<string>("Text", length)).Length);
        options.RegisterWorkflow<string?, string?>(
            "Nulls",
            async (context, input) => input is null ? await context.CallActivityAsync<string?>("Null") : input
        );
        options.RegisterWorkflow<string, string>("CallUnknown", (context, _) => context.CallActivityAsync<string>("Nobody"));
        options.RegisterWorkflow<string, string>(
            "Guids",
            async (context, _) =>
            {
                var first = context.NewGuid();
                await context.CallActivityAsync<int>("Double", 1);
                return $"{first} {context.NewGuid()}";
            }
        );
        options.RegisterWorkflow<string, int>(
            "Drifting",
            async (context, _) =>
            {
                if (Changed.ContainsKey(context.InstanceId))
                    await context.CreateTimer(TimeSpan.Zero);
                else
                    await context.CallActivityAsync<int>("Double", 1);
                await context.WaitForExternalEventAsync<string>("Item");
                return 1;
            }
        );
        options.RegisterWorkflow<string, string>(
            "Patched",
            async (context, _) =>
            {
                var path = Changed.ContainsKey(context.InstanceId) && context.IsPatched("new-path") ? "new" : "old";
                await context.WaitForExternalEventAsync<string>("Item");
                return path;
            }
        );
        options.RegisterWorkflow<string, string>(
            "AlwaysPatched",
            async (context, _) =>
            {
                var path = context.IsPatched("new-path") ? "new" : "old";
                await context.WaitForExternalEventAsync<string>("Item");
                return path + (context.IsPatched("new-path") ? "new" : "old");
            }
        );
        options.RegisterWorkflow<string, string>(
            "Tell",
            async (context, other) =>
            {
                context.SendEvent(other, "Item", "told");
                await context.CallActivityAsync<int>("Double", 1);
                return "done";
            }
        );
        options.RegisterWorkflow<string, int>(
            "AwaitForeign",
            async (_, _) =>
            {
                await Task.Delay(TimeSpan.FromMinutes(10));
                return 1;
            }
        );
        options.RegisterWorkflow<string, int>(
            "ActivityElsewhere",
            (context, key) => context.CallActivityAsync<int>("Count", key, new WorkflowTaskOptions { TargetAppId = "wf-other" })
        );
        options.RegisterWorkflow<string, int>(
            "ChildElsewhere",
            (context, key) =>
                context.CallChildWorkflowAsync<int>(
                    "CountAfterEvent",
                    key,
                    new ChildWorkflowTaskOptions($"{context.InstanceId}-child") { TargetAppId = "wf-other" }
                )
        );
        options.RegisterWorkflow<string, string>("ActivityKey", (context, _) => context.CallActivityAsync<string>("Key"));
    }

    private sealed class CountCalls(ActivityCounts counts) : WorkflowActivity<string, int>
    {
        public override Task<int> RunAsync(WorkflowActivityContext context, string key) => Task.FromResult(counts.Increment(key));
    }

    private sealed class FailTwice(ActivityCounts counts) : WorkflowActivity<string, int>
    {
        public override Task<int> RunAsync(WorkflowActivityContext context, string key)
        {
            var attempt = counts.Increment(key);
            return attempt <= 2 ? throw new IOException($"attempt {attempt}") : Task.FromResult(attempt);
        }
    }
}
