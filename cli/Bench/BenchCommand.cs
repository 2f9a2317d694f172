using System.CommandLine;
using Dapr.Anomaly.Cli.Bench.Pipeline;

namespace Dapr.Anomaly.Cli.Bench;

/// <summary>anomaly bench: what the parts of the system do on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var command = new Command("bench", "Measure parts of the system on this machine");
        command.Subcommands.Add(Workflow());
        command.Subcommands.Add(Dapr());
        command.Subcommands.Add(PipelineCommand.Create());
        command.Subcommands.Add(BenchSource.Create());
        return command;
    }

    private static Command Dapr()
    {
        var seconds = new Option<double>("--seconds") { Description = "Length of one measurement", DefaultValueFactory = _ => 2 };
        var runs = new Option<int>("--runs") { Description = "Measurements of which the median is shown", DefaultValueFactory = _ => 5 };
        var messages = new Option<int>("--messages") { Description = "Messages published in one measurement", DefaultValueFactory = _ => 3000 };
        var json = new Option<bool>("--json") { Description = "One JSON array instead of text" };
        var command = new Command("dapr", "Time invocation, state and publish-to-delivery of the embedded runtime") { seconds, runs, messages, json };
        command.SetAction(
            (result, cancellationToken) =>
                new DaprBench(result.GetValue(seconds), result.GetValue(runs), result.GetValue(messages), result.GetValue(json)).RunAsync(
                    cancellationToken
                )
        );
        return command;
    }

    private static Command Workflow()
    {
        var count = new Option<int>("--count") { Description = "Workflows to run", DefaultValueFactory = _ => 10_000 };
        var activities = new Option<int>("--activities")
        {
            Description = "Activities of each workflow, one after another",
            DefaultValueFactory = _ => 5,
        };
        var atOnce = new Option<int>("--at-once") { Description = "Workflows under way at once", DefaultValueFactory = _ => 500 };
        var warmup = new Option<int>("--warmup")
        {
            Description = "Workflows to run before, which do not count (0: the figures are those of a cold process)",
            DefaultValueFactory = _ => 0,
        };
        var history = new Option<int?>("--history")
        {
            Description = "Instead: what an event costs in single workflows whose histories have up to so many events",
        };
        var data = new Option<string?>("--data") { Description = "Folder of the workflow log (default: a new temporary one, deleted at the end)" };
        var memory = new Option<bool>("--memory") { Description = "Keep workflows in memory only, without a log on disk" };
        var json = new Option<bool>("--json") { Description = "JSON instead of text" };
        var command = new Command("workflow", "Run chains of activities through the embedded runtime and the workflow SDK, durable in SQLite")
        {
            count,
            activities,
            atOnce,
            warmup,
            history,
            data,
            memory,
            json,
        };
        command.SetAction(
            (result, cancellationToken) =>
                result.GetValue(history) is { } events
                    ? new HistoryBench(Math.Max(events, 100), result.GetValue(memory), result.GetValue(json)).RunAsync(cancellationToken)
                    : new WorkflowBench(
                        new WorkflowLoad(result.GetValue(count), result.GetValue(activities), result.GetValue(atOnce), result.GetValue(warmup)),
                        result.GetValue(data),
                        result.GetValue(memory),
                        result.GetValue(json)
                    ).RunAsync(cancellationToken)
        );
        return command;
    }
}
